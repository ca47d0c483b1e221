// Package plugin is the contract between the profile controller and its identity plugins. It
// is public: a plugin can be written outside of this repository, and package controller
// builds a controller with it.
//
// # The contract
//
// A plugin binds service accounts of a Profile's namespace to identities outside the
// cluster: roles, cloud service accounts. It owns the meaning of its entries in
// spec.plugins fully. The controller owns the order of things: it records each binding in
// the Profile's status before the plugin may act on it, asks for what the record and
// the spec both name, takes back what only the record names, and sets the annotations.
//
//   - Plan changes nothing. A spec that it cannot read or that has a bad value is an error
//     that names the field; it is never skipped, and no part of it is carried out.
//   - Apply and Revoke are idempotent. Each may be cut off at any call and is then simply
//     called again, perhaps by another process.
//   - Revoke of what is gone succeeds. That includes an identity that no longer exists.
//   - Neither touches what it did not make: other members of the same identity, other
//     clusters, other fields.
//   - Neither ever widens who can use the identity beyond the service account that it was
//     called for, not even in between.
//   - Nil from Apply means that the binding was seen to hold, and nil from Revoke that it
//     was seen to be gone.
//   - A plugin may work in the background. It then returns an Error of the kind Waiting and
//     calls Host.Again when there is news; the controller calls it anew.
//   - Messages of errors are for people and stable: no times, no request IDs, since each
//     new message is a write of the Profile's status.
//
// A plugin may do more than is asked of all: see Defaulter, Excluder, Prober,
// Verifier and Runner.
//
// The tests in plugintest hold every plugin to this.
package plugin
