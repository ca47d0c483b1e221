package vault

import (
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// defaults are the options without any flags, with an address.
func defaults() Options {
	var o Options
	o.Flags(flag.NewFlagSet("test", flag.PanicOnError))
	o.Address = "https://vault.example.com:8200"
	return o
}

func TestFlags(t *testing.T) {
	var o Options
	flags := flag.NewFlagSet("test", flag.ContinueOnError)
	o.Flags(flags)
	err := flags.Parse([]string{"-vault-address=https://v", "-vault-token-file=/t", "-vault-ca-file=/ca", "-vault-auth-path=clusters/one",
		"-vault-role-prefix=p.", "-vault-policy-prefix=team-", "-vault-audience=vault", "-vault-check-interval=2m"})
	want := Options{Address: "https://v", TokenFile: "/t", CAFile: "/ca", AuthPath: "clusters/one", RolePrefix: "p.", PolicyPrefix: "team-", Audience: "vault", CheckInterval: 2 * time.Minute}
	if diff := cmp.Diff(want, o); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	flags.VisitAll(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "vault-") {
			t.Errorf("-%s does not begin with the plugin's name", f.Name)
		}
	})
}

func TestAddressesThatKeepTheTokenSecret(t *testing.T) {
	for address, good := range map[string]bool{
		"https://vault.example.com:8200":   true,
		"https://example.com/vault":        true,
		"http://127.0.0.1:8200":            true,
		"http://[::1]:8200":                true,
		"http://localhost:8200":            true,
		"http://vault.example.com":         false,
		"http://localhost.example.com":     false,
		"http://10.0.0.1:8200":             false,
		"ftp://127.0.0.1":                  false,
		"vault.example.com:8200":           false,
		"https://":                         false,
		"https://me:secret@v.example.com":  false,
		"https://v.example.com?token=x":    false,
		"https://v.example.com/#":          true,
		"https://v.example.com/#elsewhere": false,
		"":                                 false,
		"https://v.example.com:x":          false,
	} {
		o := defaults()
		o.Address = address
		if err := o.Check(); (err == nil) != good || err != nil && !strings.Contains(err.Error(), "-vault-address") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestCheckNamesTheFlag(t *testing.T) {
	for name, spoil := range map[string]func(*Options){
		"-vault-token-file ":     func(o *Options) { o.TokenFile = "" },
		"-vault-auth-path ":      func(o *Options) { o.AuthPath = "/kubernetes" },
		"-vault-auth-path is":    func(o *Options) { o.AuthPath = "a/../sys" },
		"-vault-role-prefix ":    func(o *Options) { o.RolePrefix = "" },
		"-vault-role-prefix is":  func(o *Options) { o.RolePrefix = "Kubeflow." },
		"-vault-check-interval ": func(o *Options) { o.CheckInterval = 0 },
	} {
		o := defaults()
		if err := o.Check(); err != nil {
			t.Fatalf("the defaults are refused: %v", err)
		}
		spoil(&o)
		if err := o.Check(); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("want a complaint about %s, got %v", name, err)
		}
	}
}
