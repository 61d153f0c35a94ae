/// From a signed archive to providers.
///
/// [ArchiveReader] reads an archive once, checks its signature ([TrustedKeys]) over those bytes, and only then looks inside: everything
/// that follows works on that copy in memory, and nothing is ever unpacked to disk. [ModuleRules] compares the archive's modules with
/// the image. [VendorPlugins] is the PF4J manager that orders plugins by their dependencies; [LayerPlugin] defines a plugin's modules in
/// a layer whose parents are the image and the plugins it depends on. [PluginDirectory] and [PluginCommands] are what users see.
///
/// Everything happens on the thread that asks. The class loaders of plugins are used from any thread.
package testudo.plugin.loader;
