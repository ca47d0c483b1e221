package main

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kfprofiles/kfprofiles/internal/kfam/caller"
)

func none(string) string { return "" }

func TestDefaultsAreThoseThatInstallationsDependOn(t *testing.T) {
	o, err := parseOptions(nil, io.Discard, none)
	if err != nil {
		t.Fatal(err)
	}
	if o.address != ":8081" || o.callers.UserIDHeader != "x-goog-authenticated-user-email" || o.callers.UserIDPrefix != "accounts.google.com:" {
		t.Errorf("address %s, header %s, prefix %s", o.address, o.callers.UserIDHeader, o.callers.UserIDPrefix)
	}
	if diff := cmp.Diff(caller.DefaultTrustedPrincipals(), o.callers.TrustedPrincipals); diff != "" {
		t.Errorf("trusted principals (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"cluster.local/ns/kubeflow/sa/dashboard", "cluster.local/ns/kubeflow/sa/centraldashboard"}, o.dashboards); diff != "" {
		t.Errorf("dashboards (-want +got):\n%s", diff)
	}
	if len(o.admins) > 0 || o.callers.TrustUserHeader || o.callers.OIDC != nil || o.tokenReviews || !o.mesh {
		t.Errorf("something is on by default: %+v", o)
	}
}

func TestTheOwnNamespaceIsReserved(t *testing.T) {
	o, err := parseOptions([]string{"-reserved-namespaces=ops-*"}, io.Discard, func(name string) string {
		return map[string]string{"POD_NAMESPACE": "profiles-system"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"profiles-system": true, "ops-1": true, "kube-system": true, "ann": false} {
		if got := o.rules.Reserved.Contains(name); got != want {
			t.Errorf("%s is reserved: %t, want %t", name, got, want)
		}
	}
}

func TestFlagsReachTheirPlaces(t *testing.T) {
	o, err := parseOptions([]string{"--cluster-admin=a@b, c@d", "-cluster-admin-groups=ops", "-userid-header", "kubeflow-userid", "-userid-prefix=",
		"-oidc-issuer=https://id.example.com", "-oidc-audiences=kfam", "-mesh=none", "-user-names=ignore-email-case", "-profiles-per-user=3"}, io.Discard, none)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a@b", "c@d"}, o.admins); diff != "" {
		t.Errorf("admins (-want +got):\n%s", diff)
	}
	if o.settings.UserIDHeader != "kubeflow-userid" || o.settings.UserIDPrefix != "" || o.mesh || !o.rules.Names.Same("A@b", "a@b") || o.rules.ProfilesPerUser != 3 {
		t.Errorf("flags were read as %+v", o)
	}
	if o.callers.OIDC == nil || o.callers.OIDC.Issuer != "https://id.example.com" || len(o.callers.OIDC.Audiences) != 1 {
		t.Errorf("the issuer was read as %+v", o.callers.OIDC)
	}
}

func TestWrongFlagsAreRefusedWithAWordOnWhy(t *testing.T) {
	for argument, complaint := range map[string]string{
		"-mesh=linkerd":                 "must be istio or none",
		"-user-names=any":               "-user-names",
		"-userid-prefix=*:":             "must not begin with '*'",
		"-userid-header=":               "is not the name of an HTTP header",
		"-registration-name-pattern=((": "-registration-name-pattern",
		"-reserved-namespaces=Team":     "is not a namespace name",
		"-sidecar-addresses=sidecar":    "neither an address nor a prefix",
		"-profiles-per-user=0":          "at least 1",
		"-shutdown-delay=-1s":           "must not be negative",
		"stray":                         `unexpected argument "stray"`,
	} {
		if _, err := parseOptions([]string{argument}, io.Discard, none); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("%s is answered with %v, want a complaint with %q", argument, err, complaint)
		}
	}
}
