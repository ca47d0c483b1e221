package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestSettings(t *testing.T) {
	got, err := parseSettings([]string{"--dir", "d", "--stop-with-parent", "--audit-log"}, &bytes.Buffer{})
	must(t, err)
	want := settings{dir: "d", stopWithParent: true, auditLog: true, serviceAccountIssuer: defaultIssuer}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	for args, want := range map[string]string{
		"up":                                `there is no argument "up"`,
		"--audit":                           "not defined: -audit",
		"--service-account-issuer=http://a": "must be an https URL",
		"--service-account-issuer=a":        "must be an https URL",
	} {
		var output bytes.Buffer
		if _, err := parseSettings([]string{args}, &output); err == nil || !strings.Contains(output.String(), want) {
			t.Errorf("%s: error %v, output %q; want %q", args, err, output.String(), want)
		}
	}
}

func TestHelpIsNoError(t *testing.T) {
	if _, err := parseSettings([]string{"--help"}, &bytes.Buffer{}); !errors.Is(err, errHelpShown) {
		t.Errorf("got %v", err)
	}
}
