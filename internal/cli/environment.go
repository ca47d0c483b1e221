package cli

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/term"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// Environment is the world around a command.
type Environment struct {
	genericiooptions.IOStreams
	// Terminal tells whether Out is a terminal on which there may be colour.
	Terminal bool
	// Progress tells whether a person looks at Out, who wants to see how far a command has come.
	Progress bool
	// Now is the clock.
	Now func() time.Time
	// Kubeconfig holds kubectl's standard flags.
	Kubeconfig *genericclioptions.ConfigFlags
	// Connect returns a client of the cluster that Kubeconfig points at.
	Connect func() (client.WithWatch, error)
}

// NewEnvironment is that of a process.
func NewEnvironment() *Environment {
	flags := genericclioptions.NewConfigFlags(true).WithWarningPrinter(genericiooptions.IOStreams{ErrOut: os.Stderr})
	watched := term.IsTerminal(int(os.Stdout.Fd()))
	e := &Environment{
		IOStreams:  genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr},
		Terminal:   watched && os.Getenv("NO_COLOR") == "",
		Progress:   watched,
		Now:        time.Now,
		Kubeconfig: flags,
	}
	e.Connect = func() (client.WithWatch, error) { return connect(flags, &warnings{out: e.ErrOut}) }
	return e
}

// connect is what Environment.Connect does outside of tests.
func connect(flags *genericclioptions.ConfigFlags, warnings *warnings) (client.WithWatch, error) {
	config, err := flags.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("find the cluster: %w", err)
	}
	config.UserAgent = "kubectl-profile"
	config.QPS = -1
	config.WarningHandlerWithContext = warnings
	return client.NewWithWatch(config, client.Options{Scheme: Scheme()})
}

// Scheme knows the kinds that commands read and write.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, profilev1.AddToScheme, istiov1beta1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err) // Two types of one name: a mistake in this program.
		}
	}
	return scheme
}
