package vault

import (
	"fmt"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// ReasonForeignRole is the reason of IdentityReady when the role of an account's name is not
// one that this controller wrote.
const ReasonForeignRole = "ForeignVaultRole"

func noSuchPolicy(policy string) error {
	return &plugin.Error{Kind: plugin.Refused, Reason: profilev1.ReasonIdentityNotFound, Message: fmt.Sprintf(
		"Vault has no policy %s. Write it (vault policy write %s FILE), or correct policy.", policy, policy)}
}

func noSuchMethod(t target) error {
	return &plugin.Error{Kind: plugin.Refused, Reason: profilev1.ReasonIdentityNotFound, Message: fmt.Sprintf(
		"Vault has no auth method at auth/%s. Enable it (vault auth enable -path=%s kubernetes), or correct -vault-auth-path.", t.AuthPath, t.AuthPath)}
}

func notOurs(t target) error {
	return &plugin.Error{Kind: plugin.Refused, Reason: ReasonForeignRole, Message: fmt.Sprintf(
		"The role %s in Vault is not one that this controller wrote: it must be bound to the service account %s of the namespace %s alone, with one policy. It was left alone. Move it to another name, or delete it: vault delete %s",
		t.Role, t.role.Names[0], t.role.Namespaces[0], t.path())}
}

func stillGranted(t target) error {
	return &plugin.Error{Kind: plugin.Refused, Reason: ReasonForeignRole, Message: fmt.Sprintf(
		"Somebody changed the role %s in Vault, so it was left alone, and it still gives the policy %s to the service account %s of the namespace %s. Take them out of it, or delete it: vault delete %s",
		t.Role, t.role.Policies[0], t.role.Names[0], t.role.Namespaces[0], t.path())}
}

// notSeen is about a write that Vault took and does not show yet, as a standby node may not.
func notSeen(t target, says string) error {
	return &plugin.Error{Kind: plugin.Retry, Reason: profilev1.ReasonRetrying, Message: fmt.Sprintf(
		"The role %s in Vault %s; looking again.", t.Role, says)}
}
