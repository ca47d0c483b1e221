package vault

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// refusal is an answer of Vault that is not a success.
type refusal struct {
	request
	status int
	// said is the content, for the log.
	said string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%s %s: %d %s", r.method, r.path, r.status, r.said)
}

// noToken means that the token's file could not be read, or is empty.
type noToken struct {
	file  string
	cause error
}

func (n *noToken) Error() string { return fmt.Sprintf("token file %s: %v", n.file, n.cause) }

// explain turns an error of a call into one for people.
func explain(err error, rolePrefix string) error {
	if err == nil {
		return nil
	}
	say := func(kind plugin.ErrorKind, reason, format string, details ...any) error {
		return &plugin.Error{Kind: kind, Reason: reason, Message: fmt.Sprintf(format, details...), Cause: err}
	}
	var token *noToken
	var refused *refusal
	switch {
	case errors.As(err, &token):
		return say(plugin.Retry, profilev1.ReasonCredentialsMissing,
			"The controller has no Vault token in %s. Have one written there, for example by the Vault Agent Injector, or correct -vault-token-file.", token.file)
	case !errors.As(err, &refused):
		return say(plugin.Retry, profilev1.ReasonRetrying, "Vault could not be reached, or what answers at -vault-address is not Vault; trying again. The controller's log has the details.")
	case refused.status == http.StatusForbidden:
		return say(plugin.Refused, profilev1.ReasonPermissionMissing,
			"The controller may not %s %s in Vault, or its token is not valid any more. A policy of that token needs: %s", verb(refused.method), refused.path, rule(refused.path, rolePrefix))
	case refused.status == http.StatusServiceUnavailable:
		return say(plugin.Retry, profilev1.ReasonRetrying, "Vault is sealed or being maintained (503); trying again. If it is sealed, unseal it.")
	case refused.status/100 == 3:
		return say(plugin.Retry, profilev1.ReasonRetrying,
			"Vault sends the controller elsewhere (%d), and its token must not go there. Set -vault-address to an address that answers by itself, such as that of the active node.", refused.status)
	case passing(refused.status):
		return say(plugin.Retry, profilev1.ReasonRetrying, "Vault could not %s %s (%d); trying again.", verb(refused.method), refused.path, refused.status)
	default:
		return say(plugin.Refused, profilev1.ReasonIdentityRejected,
			"Vault refused to %s %s (%d). The controller's log has Vault's words; check that -vault-auth-path is a Kubernetes auth method.", verb(refused.method), refused.path, refused.status)
	}
}

// passing tells whether it helps to try again: Vault answers 412 while a node has not yet
// heard of an earlier write, and 429 when a rate limit is used up.
func passing(status int) bool {
	return status >= 500 || status == http.StatusPreconditionFailed || status == http.StatusTooManyRequests
}

func verb(method string) string {
	return map[string]string{http.MethodGet: "read", http.MethodPut: "write", http.MethodDelete: "delete"}[method]
}

// rule is the rule of a Vault policy that allows what the plugin does at a path, and at the
// others of its kind.
func rule(path, rolePrefix string) string {
	const all = `["create", "read", "update", "delete"]`
	end := strings.LastIndex(path, "/") + 1
	folder, name := path[:end], path[end:]
	switch {
	case folder == policies:
		return fmt.Sprintf(`path "%s*" { capabilities = ["read"] }`, folder)
	case strings.HasPrefix(name, rolePrefix):
		return fmt.Sprintf(`path "%s%s*" { capabilities = %s }`, folder, rolePrefix, all)
	default:
		return fmt.Sprintf(`path "%s" { capabilities = %s }`, path, all)
	}
}
