// Package migration moves a cluster from the existing Kubeflow profile controller to this one and
// back. The Deployment that is there is kept with all that an admin has set on it: images and
// arguments are exchanged, rights are narrowed, and how things were is recorded in the cluster
// first. Each step can be repeated, so that a move that broke off is finished by starting it again.
package migration
