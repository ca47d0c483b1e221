// Package apply brings one object in the cluster to its desired state and says what
// it did. It compares first and writes only what differs; what others set on the
// same object stays theirs. docs/decisions/0001-minimal-patches.md tells why it
// creates and patches where one might expect server-side apply.
package apply
