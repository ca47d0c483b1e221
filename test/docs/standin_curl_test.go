package docs

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/wait"
)

// curlCall is what documents use of curl.
type curlCall struct {
	url, method, body string
	headers           []string
}

// curl sends a request to the access API and prints the answer.
func curl(arguments []string) (outcome, error) {
	c, err := readCurl(arguments)
	if err != nil {
		return outcome{}, err
	}
	// Who types the commands is slower than this: what one of them made is there when the next
	// one asks for it.
	var refusal error
	ctx := context.Background()
	err = wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, 20*time.Second, true, func(context.Context) (bool, error) {
		refusal = c.send(ctx)
		return refusal == nil, nil
	})
	if err != nil && refusal != nil {
		return outcome{}, refusal
	}
	return ran, err
}

func readCurl(arguments []string) (*curlCall, error) {
	c := &curlCall{}
	flags := pflag.NewFlagSet("curl", pflag.ContinueOnError)
	flags.StringVarP(&c.method, "request", "X", http.MethodGet, "")
	flags.StringVarP(&c.body, "data", "d", "", "")
	flags.StringArrayVarP(&c.headers, "header", "H", nil, "")
	flags.BoolP("silent", "s", false, "")
	if err := flags.Parse(arguments); err != nil {
		return nil, err
	}
	if flags.NArg() != 1 {
		return nil, fmt.Errorf("want one URL, not %q", flags.Args())
	}
	c.url = flags.Arg(0)
	return c, nil
}

func (c *curlCall) send(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, c.method, c.url, strings.NewReader(c.body))
	if err != nil {
		return err
	}
	for _, header := range c.headers {
		name, value, _ := strings.Cut(header, ":")
		request.Header.Set(name, strings.TrimSpace(value))
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("the access API answers %s: %s", response.Status, answer)
	}
	fmt.Println(string(answer))
	return err
}
