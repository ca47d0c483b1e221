package caller

import (
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"pgregory.net/rapid"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func TestNames(t *testing.T) {
	tests := []struct {
		a, b            string
		exact, caseless bool
	}{
		{"ann@example.com", "ann@example.com", true, true},
		{"Ann@Example.com", "ann@example.COM", false, true},
		{"AZ@example.com", "az@example.com", false, true},
		{"[@example.com", "{@example.com", false, false},
		{"@nn", "`nn", false, false},
		{"Ann", "ann", false, false},
		{"system:serviceaccount:a:b", "system:serviceaccount:A:b", false, false},
		{"аnn@example.com", "ann@example.com", false, false},        // Cyrillic a
		{"\u212aim@example.com", "kim@example.com", false, false},   // Kelvin sign
		{"\u0130da@example.com", "ida@example.com", false, false},   // I with a dot
		{"ÄNN@example.com", "änn@example.com", false, false},        // outside ASCII
		{"e\u0301@example.com", "\u00e9@example.com", false, false}, // composed and decomposed
		{"ｆull@example.com", "full@example.com", false, false},      // full width
		{"ann@example.com", "ann@example.com.evil.example", false, false},
	}
	for _, test := range tests {
		if got := tenancy.ExactNames.Same(test.a, test.b); got != test.exact {
			t.Errorf("exact: Same(%q, %q) = %v", test.a, test.b, got)
		}
		if got := tenancy.EmailsIgnoreCase.Same(test.a, test.b); got != test.caseless {
			t.Errorf("ignoring case: Same(%q, %q) = %v", test.a, test.b, got)
		}
	}
}

func TestKeyKeepsWhatItMadeAndMakesNothingNew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		for _, names := range []tenancy.Names{tenancy.ExactNames, tenancy.EmailsIgnoreCase} {
			key := names.Key(name)
			if names.Key(key) != key || !strings.EqualFold(key, name) || len(key) != len(name) {
				t.Fatalf("%s: Key(%q) = %q", names, name, key)
			}
		}
	})
}

func TestParseNames(t *testing.T) {
	for setting, want := range map[string]tenancy.Names{"": tenancy.ExactNames, "exact": tenancy.ExactNames, "ignore-email-case": tenancy.EmailsIgnoreCase} {
		if got, err := tenancy.ParseNames(setting); err != nil || got != want {
			t.Errorf("tenancy.ParseNames(%q) = %q, %v", setting, got, err)
		}
	}
	if _, err := tenancy.ParseNames("Exact"); err == nil || !strings.Contains(err.Error(), "ignore-email-case") {
		t.Errorf("tenancy.ParseNames(Exact) = %v, want an error that names the choices", err)
	}
}

func TestWhoCanCallCanOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ a-z@,*\x00\x{200b}]{0,8}`)).Draw(t, "name")
		if checkName(name) == nil {
			if err := tenancy.CheckOwner(rbacv1.Subject{Kind: rbacv1.UserKind, Name: name}); err != nil {
				t.Fatalf("%q may call and may not own: %v", name, err)
			}
		}
	})
}
