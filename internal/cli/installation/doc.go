// Package installation finds the controller in a cluster, this product's or the existing Kubeflow
// one, and reads what it was told by arguments and environment. Both have the same names and
// flags, so whoever checks one or moves from one to the other reads them in the same way.
package installation
