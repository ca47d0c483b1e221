// Package manifests renders the kustomize overlays and components, alone and put together as an
// admin would put them together.
package manifests
