package awsirsa

import "github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"

// wish is what the trust policy of a role should say of one subject.
type wish struct {
	grant
	// present is false when the subject is to be taken out.
	present bool
	profile string
}

// Subject is that of the tokens and who issues them.
func (w wish) Subject() string { return w.provider.ARN + " " + w.subject }

// Profile is the Profile in whose namespace the service account is.
func (w wish) Profile() string { return w.profile }

// edit returns the policy as the wishes want it. What goes makes room for what comes. A
// subject for which there is no room is left out; the others are served.
func edit(policy []byte, wishes []wish, limit int) ([]byte, error) {
	edited := policy
	for _, w := range wishes {
		if w.present {
			continue
		}
		var err error
		if edited, err = trustpolicy.Revoke(edited, w.provider, []string{w.subject}); err != nil {
			return nil, err
		}
	}
	for _, w := range wishes {
		if !w.present {
			continue
		}
		granted, err := trustpolicy.Grant(edited, w.provider, w.audience, []string{w.subject})
		if err != nil {
			return nil, err
		}
		if trustpolicy.Size(granted) <= max(limit, trustpolicy.Size(edited)) {
			edited = granted
		}
	}
	return edited, nil
}

// outcome is how a policy stands to a wish.
type outcome int

const (
	unserved outcome = iota
	asWished
	noRoom
)

// judge tells whether the policy is as the wish wants it, and if not whether it could be.
func judge(policy []byte, w wish, limit int) (outcome, error) {
	wanted, err := edit(policy, []wish{w}, 1<<30)
	switch {
	case err != nil:
		return unserved, err
	case string(wanted) == string(policy):
		return asWished, nil
	case w.present && trustpolicy.Size(wanted) > max(limit, trustpolicy.Size(policy)):
		return noRoom, nil
	default:
		return unserved, nil
	}
}
