package saeclient_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

func TestTransport_ContextEndsACall(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	client := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})

	t.Run("before it begins", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := mutate(ctx, client)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, cloudapi.ErrUnavailable, "nothing was sent")
	})
	t.Run("while it waits", func(t *testing.T) {
		t.Parallel()
		why := errors.New("the release was called off")
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() {
			<-arrived
			cancel(why)
		}()
		err := mutate(ctx, client)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, why)
		require.ErrorIs(t, err, cloudapi.ErrAmbiguous)
	})
}

func TestTransport_CallerDeadlineStaysVisible(t *testing.T) {
	t.Parallel()
	client := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	<-ctx.Done()
	require.ErrorIs(t, read(ctx, client), context.DeadlineExceeded)
}

func TestTransport_CallEndsAfterBothTimeouts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, "http://sae.invalid", func(c *saeclient.Config) {
			c.ConnectTimeout, c.ReadTimeout = time.Second, 2*time.Second
			c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})
		})
		began := time.Now()
		err := mutate(t.Context(), client)
		require.Equal(t, 3*time.Second, time.Since(began))
		require.Equal(t, 3*time.Second, client.Timeout())
		require.ErrorIs(t, err, cloudapi.ErrAmbiguous)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	})
}

// TestTransport_NothingRepeatsAChange breaks a kept-alive connection under a request. net/http resends a GET then, which is right for
// reads; for the two GETs that change state it would act twice.
func TestTransport_NothingRepeatsAChange(t *testing.T) {
	t.Parallel()
	confirm := func(ctx context.Context, c *saeclient.Client) error {
		_, err := c.ConfirmPipelineBatch(ctx, &saeclient.ConfirmPipelineBatchInput{PipelineID: "p", Confirm: true})
		return err
	}
	exec := func(ctx context.Context, c *saeclient.Client) error {
		_, err := c.ExecJob(ctx, &saeclient.ExecJobInput{AppID: "app-1"})
		return err
	}
	for name, tt := range map[string]struct {
		call     func(context.Context, *saeclient.Client) error
		arrivals int32
	}{
		"deploy":               {mutate, 1},
		"confirm, a GET":       {confirm, 1},
		"execute job, a GET":   {exec, 1},
		"read, resent by HTTP": {read, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var broken, arrivals atomic.Int32
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if broken.Load() == 0 {
					answerWith(http.StatusOK, `{"RequestId":"1"}`)(w, r)
					return
				}
				arrivals.Add(1)
				hangUp(w, r)
			})
			require.NoError(t, read(t.Context(), client))
			broken.Store(1)
			require.Error(t, tt.call(t.Context(), client))
			require.Equal(t, tt.arrivals, arrivals.Load())
		})
	}
}

func TestTransport_ServerErrorsAreNotRetried(t *testing.T) {
	t.Parallel()
	var arrivals atomic.Int32
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		arrivals.Add(1)
		answerWith(http.StatusServiceUnavailable, errorBody("ServiceUnavailable"))(w, r)
	})
	require.Error(t, read(t.Context(), client))
	require.Equal(t, int32(1), arrivals.Load())
}

func TestTransport_RedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a signed request followed a redirect")
	}))
	t.Cleanup(elsewhere.Close)
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	require.ErrorIs(t, read(t.Context(), client), cloudapi.ErrInvalid)
}

func TestTransport_ServerTellsHowLongToWait(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "7")
		answerWith(http.StatusTooManyRequests, errorBody("Throttling"))(w, r)
	})
	e, ok := errors.AsType[*cloudapi.Error](read(t.Context(), client))
	require.True(t, ok)
	require.Equal(t, 7.0, e.RetryAfter.Seconds())
}

func TestTransport_ProxyPasswordIsNotSentToTheServer(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://user:password@proxy.invalid:1")
	var header http.Header
	client := newClient(t, "http://sae.invalid", func(c *saeclient.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			header = r.Header.Clone()
			return nil, context.Canceled
		})
	})
	require.Error(t, read(t.Context(), client))
	require.NotEmpty(t, header.Get("Authorization"))
	require.Empty(t, header.Get("Proxy-Authorization"))
}

// chain is a credential whose keys come, or do not, as a test says.
type chain struct {
	credentials.Credential

	get func() (*credentials.CredentialModel, error)
}

func (c chain) GetCredential() (*credentials.CredentialModel, error) { return c.get() }

func TestTransport_CredentialsThatDoNotCome(t *testing.T) {
	t.Parallel()
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		ctx   context.Context
		get   func() (*credentials.CredentialModel, error)
		class cloudapi.Class
	}{
		"chain is empty": {t.Context(), func() (*credentials.CredentialModel, error) {
			return nil, errors.New("no provider")
		}, cloudapi.ErrAuth},
		"nothing given": {t.Context(), func() (*credentials.CredentialModel, error) {
			return nil, nil //nolint:nilnil // a custom credential may do this
		}, cloudapi.ErrAuth},
		"no keys in it": {t.Context(), func() (*credentials.CredentialModel, error) {
			return new(credentials.CredentialModel), nil
		}, cloudapi.ErrAuth},
		"service unreachable": {t.Context(), func() (*credentials.CredentialModel, error) {
			return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
		}, cloudapi.ErrUnavailable},
		"context ends first": {canceled, func() (*credentials.CredentialModel, error) {
			<-never
			return nil, errors.New("too late")
		}, cloudapi.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, "http://127.0.0.1:1", func(c *saeclient.Config) { c.Credential = chain{get: tt.get} })
			require.ErrorIs(t, mutate(tt.ctx, client), tt.class)
		})
	}
}

func TestTransport_SecurityTokenTravelsAndStaysSecret(t *testing.T) {
	t.Parallel()
	const token = "sts-token-never-shown"
	var header http.Header
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Clone()
		answerWith(http.StatusBadRequest, `{"Code":"SignatureDoesNotMatch","Message":"to sign: x-acs-security-token:`+token+`"}`)(w, r)
	}, func(c *saeclient.Config) {
		c.Credential = chain{get: func() (*credentials.CredentialModel, error) {
			return &credentials.CredentialModel{
				AccessKeyId: new("id"), AccessKeySecret: new(testSecret), SecurityToken: new(token), Type: new("sts"),
			}, nil
		}}
	})
	err := read(t.Context(), client)
	require.Equal(t, token, header.Get("x-acs-security-token"))
	require.ErrorIs(t, err, cloudapi.ErrAuth)
	require.NotContains(t, err.Error(), token)
}

// TestTransport_CredentialIsAskedByOneCallAtATime runs calls in a bubble in which the
// credential takes a second of fake time: calls that ask at once would meet there.
func TestTransport_CredentialIsAskedByOneCallAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asking := 0
		client := newClient(t, "http://sae.invalid", func(c *saeclient.Config) {
			c.Credential = chain{get: func() (*credentials.CredentialModel, error) {
				asking++
				if asking > 1 {
					t.Error("two calls ask the credential at once")
				}
				<-time.After(time.Second)
				asking--
				return &credentials.CredentialModel{AccessKeyId: new("id"), AccessKeySecret: new("s")}, nil
			}}
			c.Transport = roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.EOF })
		})
		began := time.Now()
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := read(t.Context(), client); !errors.Is(err, io.EOF) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 4*time.Second, time.Since(began))
	})
}

func TestTransport_ClientIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	client := serve(t, answerWith(http.StatusOK, `{"RequestId":"1"}`))
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := read(t.Context(), client); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestTransport_ConfigNamesEveryProblem(t *testing.T) {
	t.Parallel()
	config := saeclient.Config{
		Region: "Hangzhou!", Endpoint: "ftp://host", ConnectTimeout: -1, ReadTimeout: -1, UserAgent: "a\nb",
	}
	err := config.Validate()
	require.Error(t, err)
	require.Len(t, strings.Split(err.Error(), "\n"), 5)
	_, err = saeclient.New(config)
	require.ErrorIs(t, err, cloudapi.ErrInvalid)
}

func TestTransport_Endpoints(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]string{
		"":                           "https://sae.cn-hangzhou.aliyuncs.com",
		"http://127.0.0.1:8080":      "http://127.0.0.1:8080",
		"https://sae.example/":       "https://sae.example",
		"sae-vpc.cn-x.aliyuncs.com":  "https://sae-vpc.cn-x.aliyuncs.com",
		"localhost:8443":             "https://localhost:8443",
		"http://[::1]:80":            "http://[::1]:80",
		"https://h/path":             "",
		"https://user:secret@h":      "",
		"https://h?x=1":              "",
		"unix:///socket":             "",
		"https://":                   "",
		"https://user:secret@h\x7f/": "",
	} {
		t.Run(endpoint, func(t *testing.T) {
			t.Parallel()
			got := ""
			client, err := saeclient.New(saeclient.Config{
				Region: "cn-hangzhou", Endpoint: endpoint, Credential: testCredential(t),
				Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					got = r.URL.Scheme + "://" + r.Host
					return nil, http.ErrServerClosed
				}),
			})
			if want == "" {
				require.ErrorIs(t, err, cloudapi.ErrInvalid)
				require.NotContains(t, err.Error(), "secret")
				return
			}
			require.NoError(t, err)
			require.ErrorIs(t, read(t.Context(), client), http.ErrServerClosed)
			require.Equal(t, want, got)
		})
	}
}
