// Package controller is the profile controller as a library: its flags and its wiring. The
// command profile-controller is Main without arguments. An operator with a platform of their
// own builds a controller that has one more identity plugin, and everything else as it was:
//
//	func main() {
//		var o vault.Options
//		os.Exit(controller.Main(controller.Extension{
//			Flags: o.Flags,
//			Check: o.Check,
//			New:   func(controller.Environment) (plugin.Plugin, error) { return vault.New(o) },
//		}))
//	}
//
// The folder examples/custom-plugin has the whole of it, and docs/plugins/your-own.md explains
// it. What a plugin must do and must never do stands in package plugin; the tests in
// plugin/plugintest hold it to that. These three packages and the API types are all that is
// public, and keep to semantic versioning.
package controller
