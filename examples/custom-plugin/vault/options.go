package vault

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"time"
)

// Options are the flags of the plugin.
type Options struct {
	// Address is the URL of Vault: https, or http on the loopback interface.
	Address string
	// TokenFile holds the token with which the controller calls Vault. It is read anew for
	// each call, so whoever renews the token has only to write the file.
	TokenFile string
	// CAFile has the certificate authorities, in PEM, that may vouch for Vault. Empty means
	// those of the system.
	CAFile string
	// AuthPath is where the Kubernetes auth method of this cluster is enabled.
	AuthPath string
	// RolePrefix begins the names of all roles that are the controller's.
	RolePrefix string
	// PolicyPrefix begins the names of the policies that Profiles may name. Empty lets them
	// name any, so that whoever may write Profiles can have what any policy allows.
	PolicyPrefix string
	// Audience is what tokens of service accounts must be meant for. Empty lets any do.
	Audience string
	// CheckInterval is how often each role is looked at.
	CheckInterval time.Duration
}

// Flags adds the flags, with what they are by default.
func (o *Options) Flags(flags *flag.FlagSet) {
	flags.StringVar(&o.Address, "vault-address", "", "URL of Vault, such as https://vault.example.com:8200.")
	flags.StringVar(&o.TokenFile, "vault-token-file", "/vault/secrets/token",
		"File with the controller's Vault token, read anew for each call. By default where the Vault Agent Injector puts it.")
	flags.StringVar(&o.CAFile, "vault-ca-file", "",
		"PEM file of the certificate authorities that vouch for Vault, read at the start. By default those of the system.")
	flags.StringVar(&o.AuthPath, "vault-auth-path", "kubernetes", "Path of the Kubernetes auth method that is set up for this cluster.")
	flags.StringVar(&o.RolePrefix, "vault-role-prefix", "kubeflow.",
		"What the names of the controller's roles begin with. Nobody else should use it.")
	flags.StringVar(&o.PolicyPrefix, "vault-policy-prefix", "",
		"What the names of the policies begin with that Profiles may name. By default they may name any. Set this where people who may write Profiles must not have every policy.")
	flags.StringVar(&o.Audience, "vault-audience", "", "Audience that service account tokens must have to log in. By default any will do.")
	flags.DurationVar(&o.CheckInterval, "vault-check-interval", time.Hour, "How often each role is looked at to see whether somebody changed it.")
}

var (
	// mountPath is one or more words with slashes between them, as Vault shows the path
	// of an auth method.
	mountPath = regexp.MustCompile(`^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$`)
	// rolePrefix has the characters that Vault's roles may have, in lower case, since Vault
	// does not tell cases apart.
	rolePrefix = regexp.MustCompile(`^[a-z0-9_][a-z0-9_.-]*$`)
)

// Check tells what is wrong with the values, by the name of the flag.
func (o *Options) Check() error {
	switch {
	case o.TokenFile == "":
		return errors.New("-vault-token-file must name the file with the controller's Vault token")
	case !mountPath.MatchString(o.AuthPath):
		return fmt.Errorf("-vault-auth-path is %q; it must be the path of the auth method as vault auth list shows it, without slashes around it", o.AuthPath)
	case !rolePrefix.MatchString(o.RolePrefix):
		return fmt.Errorf("-vault-role-prefix is %q; it must be lower-case letters, digits, '_', '-' and '.', such as \"kubeflow.\"", o.RolePrefix)
	case o.CheckInterval < time.Second:
		return errors.New("-vault-check-interval must be at least 1s")
	}
	return checkAddress(o.Address)
}

// checkAddress keeps the token from being sent where anybody can read it.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || cmp.Or(u.RawQuery, u.Fragment) != "" || u.User != nil:
		return fmt.Errorf("-vault-address is %q; it must be the URL of Vault, such as https://vault.example.com:8200", address)
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	default:
		return fmt.Errorf("-vault-address is %q; it must begin with https:// unless Vault is on this machine, or its token could be read on the way", address)
	}
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
