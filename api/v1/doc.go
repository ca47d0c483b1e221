// Package v1 holds the Profile: one team's room on a shared cluster.
//
// A Profile names an owner and, if wanted, a quota and cloud identities. The
// profile controller keeps a namespace of the same name with the access rules,
// service accounts, quota, mesh policy and cloud permissions that follow from
// it, and takes all of them away when the Profile is deleted.
//
// +kubebuilder:object:generate=true
// +groupName=kubeflow.org
package v1
