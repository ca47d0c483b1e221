package main

import (
	"context"
	"path/filepath"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// install brings onto a control plane what the product needs and what a cluster with
// Kubeflow and Istio would have. All of it may be there already.
func install(ctx context.Context, plane *playground.Playground, p *progress) error {
	p.say("installing the Profile kind, the kubeflow ClusterRoles and the controller's rights")
	if err := plane.Install(ctx); err != nil {
		return err
	}
	p.say("installing Istio's AuthorizationPolicy kind and a Notebook kind")
	if err := plane.InstallMesh(ctx); err != nil {
		return err
	}
	root, err := playground.Root()
	if err != nil {
		return err
	}
	notebooks, err := playground.Read(filepath.Join(root, "demo", "notebook_crd.yaml"))
	if err != nil {
		return err
	}
	return plane.Apply(ctx, notebooks...)
}

// startController runs the controller in a session of its own, so that a Ctrl-C at the
// terminal reaches it only through this program, which stops its parts in order.
func startController(ctx context.Context, plane *playground.Playground, o playground.ControllerOptions, p *progress) (*playground.Controller, error) {
	p.say("building the controller (a minute or two the first time, then seconds)")
	if _, err := playground.Build(ctx, playground.ControllerProgram); err != nil {
		return nil, err
	}
	p.say("starting the controller as %s/%s", playground.SystemNamespace, playground.ControllerAccount)
	o.Detached = true
	return plane.StartController(ctx, o)
}
