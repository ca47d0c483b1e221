// Command custom-plugin is the profile controller with one more identity plugin,
// VaultKubernetesRole.
package main

import (
	"os"

	"github.com/kfprofiles/kfprofiles/controller"
	"github.com/kfprofiles/kfprofiles/examples/custom-plugin/vault"
	"github.com/kfprofiles/kfprofiles/plugin"
)

func main() {
	var o vault.Options
	os.Exit(controller.Main(controller.Extension{
		Flags: o.Flags,
		Check: o.Check,
		New:   func(controller.Environment) (plugin.Plugin, error) { return vault.New(o) },
	}))
}
