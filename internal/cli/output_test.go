package cli

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestAFormatThatThereIsNotIsRefusedFirst(t *testing.T) {
	for _, line := range []string{"list -o foo", "get ann -o foo", "create ann --owner a -o foo", "create ann --owner a --dry-run=client -o foo", "list -o jsonpath={"} {
		term := open(t)
		term.Connect = func() (client.WithWatch, error) {
			t.Errorf("%s: the cluster is asked", line)
			return term.cluster, nil
		}
		if code := term.run(line); code != 2 {
			t.Errorf("%s: exit code %d: %s", line, code, term.err.String())
		}
	}
}

func TestAWideTableOfNothingSaysHowToBegin(t *testing.T) {
	term := open(t)
	term.prints("list -o wide", "")
	if want := "There are no Profiles. Create one: kubectl profile create NAME --owner USER\n"; term.err.String() != want {
		t.Errorf("it says %q, want %q", term.err.String(), want)
	}
}

func TestATemplateNeedsNoFormat(t *testing.T) {
	term := open(t, makeProfile("ann", "ann@example.com").obj())
	term.prints("get ann --template={{.spec.owner.name}}", "ann@example.com")
}
