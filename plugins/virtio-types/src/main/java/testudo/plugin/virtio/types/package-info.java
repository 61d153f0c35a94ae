/// Device types for `--vhost-user`: a device of another program has a type whether or not this program can make such a device itself. The provider makes
/// no devices and has no state. A module that makes devices of one of these types may state it as well, in the same words.
package testudo.plugin.virtio.types;
