// Command profile-controller makes of each Profile a namespace with its access rules,
// service accounts, quota and mesh policy, and keeps it so.
package main

import (
	"os"

	"github.com/kfprofiles/kfprofiles/controller"
)

func main() { os.Exit(controller.Main()) }
