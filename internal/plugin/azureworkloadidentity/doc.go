// Package azureworkloadidentity is the plugin AzureWorkloadIdentity: it lets service
// accounts of a Profile's namespace be a user-assigned managed identity through Microsoft
// Entra Workload ID.
//
// The account gets the annotation azure.workload.identity/client-id, by which the webhook
// of azure-workload-identity knows which identity to offer to pods that have the label
// azure.workload.identity/use: "true"; and, unless annotateOnly is set, the identity gets a
// federated identity credential for the cluster's token issuer and the subject
// system:serviceaccount:<profile>:<account>.
//
// # What is ours
//
// A credential is ours when it has the name that we give to its issuer and subject, see
// grant. One that has our name and another content, and one that somebody else made for
// the same issuer and subject, are never changed, never deleted and never counted as a
// binding: Azure has room for one credential for each pair, so what others bound stays
// theirs, and annotateOnly is the way to use it.
//
// # Identities are shared
//
// Azure refuses writes on one identity that overlap, and rations requests about each. So
// all work on an identity goes through one queue, see editor: one reading serves all who
// wait, and one write follows the other. What cannot work is remembered for Timing.Trust
// instead of being asked for each Profile.
package azureworkloadidentity
