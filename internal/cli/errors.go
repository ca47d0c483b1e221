package cli

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// usageError is a wrong command line.
type usageError struct{ error }

// Unwrap returns what is wrong.
func (u *usageError) Unwrap() error { return u.error }

func misused(format string, details ...any) error {
	return &usageError{fmt.Errorf(format, details...)}
}

// advices are what to do about errors that everybody runs into. The first that fits is given.
var advices = []struct {
	fits   func(e *Environment, err error) bool
	advice func(e *Environment, err error) string
}{
	{
		func(e *Environment, err error) bool { return e.isUnanswered(err) && e.hasNoKubeconfig() },
		always("There is no kubeconfig. Name one with --kubeconfig, or in the variable KUBECONFIG."),
	}, {
		func(_ *Environment, err error) bool { return unknownContext.MatchString(err.Error()) },
		always("To see those that there are: kubectl config get-contexts"),
	}, {
		lacksCredentials,
		func(e *Environment, _ error) string {
			return fmt.Sprintf("The API server does not know you: the credentials of %s are missing, wrong or out of date. Log in to the cluster again.", e.contextText())
		},
	}, {
		func(_ *Environment, err error) bool {
			var untrusted *tls.CertificateVerificationError
			return errors.As(err, &untrusted)
		},
		always("Something else answers there than the kubeconfig expects. Check its server and its certificate authority."),
	}, {
		(*Environment).isUnanswered,
		func(e *Environment, _ error) string {
			return fmt.Sprintf("No answer from the API server that %s names. Check that it is up and can be reached from here, or choose another cluster with --context.", e.contextText())
		},
	}, {
		func(_ *Environment, err error) bool { return knowsNoProfiles(err) },
		always("The cluster does not know Profiles. Install the controller first (kubectl profile doctor tells more)."),
	}, {
		func(_ *Environment, err error) bool { return apierrors.IsForbidden(err) },
		func(_ *Environment, err error) string { return missingRight(err) },
	}, {
		func(_ *Environment, err error) bool {
			return apierrors.IsAlreadyExists(err) || apierrors.IsConflict(err)
		},
		always("Somebody else was faster. Run the command again."),
	}, {
		func(_ *Environment, err error) bool {
			return apierrors.IsTimeout(err) || apierrors.IsServerTimeout(err) || apierrors.IsTooManyRequests(err) || apierrors.IsServiceUnavailable(err)
		},
		always("The API server is too busy. Run the command again in a while."),
	},
}

func always(text string) func(*Environment, error) string {
	return func(*Environment, error) string { return text }
}

// explain adds to an error what to do about it, where that is known.
func (e *Environment) explain(err error) string {
	for _, known := range advices {
		if !known.fits(e, err) {
			continue
		}
		if advice := known.advice(e, err); advice != "" {
			return err.Error() + "\n" + advice
		}
	}
	return err.Error()
}

// unknownContext is how the kubeconfig's reader says it, for which it has no error of its own.
var unknownContext = regexp.MustCompile(`context "[^"]*" does not exist`)

// hasNoKubeconfig tells that nothing but a default, this machine, says where the API server is.
func (e *Environment) hasNoKubeconfig() bool {
	kubeconfig, err := e.Kubeconfig.ToRawKubeConfigLoader().RawConfig()
	named := e.Kubeconfig.APIServer != nil && *e.Kubeconfig.APIServer != ""
	return err == nil && len(kubeconfig.Clusters) == 0 && !named
}

// contextText names the context that is in use, and its server.
func (e *Environment) contextText() string {
	text := "the current context"
	if kubeconfig, err := e.Kubeconfig.ToRawKubeConfigLoader().RawConfig(); err == nil && kubeconfig.CurrentContext != "" {
		text = "context " + kubeconfig.CurrentContext
	}
	if chosen := e.Kubeconfig.Context; chosen != nil && *chosen != "" {
		text = "context " + *chosen
	}
	if host := e.server(); host != "" {
		text += " (" + host + ")"
	}
	return text
}

// server is the address of the API server, or empty.
func (e *Environment) server() string {
	config, err := e.Kubeconfig.ToRESTConfig()
	if err != nil {
		return ""
	}
	return config.Host
}

// lacksCredentials tells that the API server refused the credentials, or that the program that the kubeconfig
// names for them failed.
func lacksCredentials(_ *Environment, err error) bool {
	return apierrors.IsUnauthorized(err) || strings.Contains(err.Error(), ": getting credentials: ")
}

// isUnanswered tells that a request to the API server had no answer. Requests to a cloud may fail in the
// same way, so the address counts.
func (e *Environment) isUnanswered(err error) bool {
	var failed *url.Error
	var network *net.OpError
	if !errors.As(err, &failed) || !failed.Timeout() && !errors.As(err, &network) && !errors.Is(err, io.EOF) {
		return false
	}
	asked, wrong := url.Parse(failed.URL)
	return wrong == nil && asked.Host != "" && strings.Contains(e.server(), asked.Host)
}

// knowsNoProfiles tells that the cluster has no definition of Profiles.
func knowsNoProfiles(err error) bool {
	var kind *meta.NoKindMatchError
	if errors.As(err, &kind) {
		return kind.GroupKind.Group == profilev1.GroupVersion.Group
	}
	return meta.IsNoMatchError(err) || apierrors.IsNotFound(err) && strings.Contains(err.Error(), "could not find the requested resource")
}

// deniedPattern finds what somebody may not do in the words in which the API server says it. A refusal in other
// words is that of an admission policy, which gives its own reason.
var deniedPattern = regexp.MustCompile(`cannot (\S+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]+)")?`)

// missingRight says which right is missing and who can give it.
func missingRight(err error) string {
	parts := deniedPattern.FindStringSubmatch(err.Error())
	if parts == nil {
		return ""
	}
	verb, resource, group, namespace := parts[1], parts[2], parts[3], parts[4]
	switch {
	case group == profilev1.GroupVersion.Group && namespace == "":
		return "Profiles are cluster-wide. Ask an admin of the cluster for this right."
	case group != "":
		resource += "." + group
	}
	if namespace == "" {
		return fmt.Sprintf("You need the right to %s %s in the whole cluster. Ask an admin of the cluster for it.", verb, resource)
	}
	return fmt.Sprintf("You need the right to %s %s in namespace %s. Ask an admin of the cluster for it, or whoever administers that namespace.", verb, resource, namespace)
}
