// Package playground starts a real control plane with the product on it: for tests,
// for the benchmark and for the demo. The control plane is the binary built from the
// module in the folder playground; the controller is the real one, built from
// cmd/profile-controller and run with the Deployment's own arguments under its own
// ServiceAccount.
package playground
