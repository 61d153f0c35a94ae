/// Boot protocols: which file is a kernel, where it goes, what it is handed, in what state the boot vCPU starts.
///
/// Files are untrusted. The readers copy the few header bytes they need, check every number and answer with a value;
/// all they throw is [testudo.spi.VmmException.Config].
package testudo.arch.x86_64.boot;
