// Package deploy has what the deployments of the product are tested with. The packages below it
// test one thing each: cluster applies the kustomize overlays to a real control plane and runs
// the programs as they say, chart holds the Helm chart against the overlays, monitoring tries the
// alert rules and the dashboard, and terraform reads the Terraform modules.
//
// It is a module of its own, so that Helm, Prometheus and HCL are no dependencies of the product.
package deploy
