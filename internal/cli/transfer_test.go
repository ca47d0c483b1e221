package cli

import "testing"

func TestTransferToNobodyThatThereCanBe(t *testing.T) {
	term := open(t, makeProfile("ann", "ann@example.com").obj())
	term.fails("transfer ann --owner Group:", 2, `--owner "Group:": spec.owner.name must not be empty`)
	term.fails("transfer ann --owner *", 2, "must not contain '*'")
	term.fails("transfer ann --owner ServiceAccount:bot", 2, "write ServiceAccount:NAMESPACE/NAME")
}
