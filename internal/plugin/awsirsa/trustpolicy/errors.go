package trustpolicy

import (
	"errors"
	"fmt"
)

// Errors of this package, to be told apart with errors.Is. Their messages depend only on
// what is wrong, never on where in the text it happens to stand, so that a message that is
// shown in a condition changes only when the problem does.
var (
	// ErrPolicy marks a policy that cannot be read without guessing. Nothing was changed;
	// somebody has to correct the role's trust policy.
	ErrPolicy = errors.New("correct the role's trust policy, it cannot be edited as it is")
	// ErrArgument marks a provider, an audience or a subject that is not valid.
	ErrArgument = errors.New("not valid for a trust policy")
)

func policyError(format string, details ...any) error {
	return fmt.Errorf("%w: %s", ErrPolicy, fmt.Sprintf(format, details...))
}

func argumentError(format string, details ...any) error {
	return fmt.Errorf("%w: %s", ErrArgument, fmt.Sprintf(format, details...))
}
