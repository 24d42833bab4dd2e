package apicall

import (
	"net/http"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/internal/acskeys"
)

// checked is a client that checks what it is given unless it is told not to.
type checked[C any] interface {
	Client
	Unchecked() C
}

// clients makes clients with what a connection says of the transport and of the credentials.
func clients[C checked[C]](client func(Connection) (C, error)) Connect {
	return func(how Connection) (Client, error) {
		c, err := client(how)
		if err != nil {
			return nil, err
		}
		if how.Unchecked {
			c = c.Unchecked()
		}
		return c, nil
	}
}

// alibaba is the vendor of SAE and of Function Compute.
const alibaba = "Alibaba Cloud"

// onAlibaba makes clients of Alibaba Cloud, with the transport and, unless nil, the credential.
func onAlibaba[C checked[C]](client func(http.RoundTripper, credentials.Credential) (C, error)) Connect {
	return clients(func(how Connection) (C, error) {
		if !how.Anonymous {
			return client(how.Transport, nil)
		}
		nobody, err := acskeys.Pair("none", "none") // no server accepts it
		if err != nil {
			var none C
			return none, err
		}
		return client(how.Transport, nobody)
	})
}
