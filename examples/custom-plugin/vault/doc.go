// Package vault is the plugin VaultKubernetesRole, the worked example of an identity plugin
// from outside the controller: it lets service accounts of a Profile log in to HashiCorp
// Vault with a policy.
//
// Each account gets a role of its own on Vault's Kubernetes auth method, named
// <prefix><profile>.<account>, which is bound to that account alone. Names of Profiles have
// no dots, so no two accounts share a name. The account is annotated with the name of the
// role and the path of the auth method.
//
// # Whose role is it
//
// Roles in Vault have no tags, so a role is known by what it says: one under our name that
// is bound to just this account, in just this namespace, with one policy, is one that we
// wrote, and whatever else it says of the tokens is left alone. Any other is somebody
// else's: it is neither changed nor deleted, and the Profile says so. Vault has no
// compare-and-swap for roles; what somebody writes under our name between our look and our
// write is lost. Keep the prefix for the controller.
//
// # One role, one after the other
//
// The policy is not part of the role's name, so two bindings of one account, before and
// after a change of its Profile, are about the same role. All work on a role is done under
// a lock, and a binding that is taken back deletes the role only while it has the policy of
// that binding.
//
// What Vault takes and answers is written down in its HTTP API documentation:
// https://developer.hashicorp.com/vault/api-docs, /auth/kubernetes and /system/policies.
package vault
