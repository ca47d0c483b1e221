// Package config holds manifests of the deployment for programs that apply them or hold a
// cluster against them, so that a right is written down in one place.
package config

import "embed"

// Files are the parts that every installation has, and those of the access API. They are
// kustomizations, in folders named as here.
//
//go:embed admission crd kfam kubeflow-roles rbac
var Files embed.FS
