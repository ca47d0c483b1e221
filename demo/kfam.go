package main

import (
	"context"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// kfamAdmin administers the installation through the access API.
const kfamAdmin = "admin@example.com"

// startKFAM runs the access API for trying things by hand: without a mesh in front it
// believes the header kubeflow-userid from anybody.
func startKFAM(ctx context.Context, plane *playground.Playground, o playground.KFAMOptions, p *progress) (*playground.KFAM, error) {
	p.say("building and starting the access API (user header kubeflow-userid, admin %s)", kfamAdmin)
	o.Flags = []string{"-trust-user-header", "-userid-header=kubeflow-userid", "-userid-prefix=", "-cluster-admin=" + kfamAdmin}
	return plane.StartKFAM(ctx, o)
}
