// Package oidc signs people in by OpenID Connect: with the authorization code flow, PKCE (RFC 7636, S256), state and nonce, at
// one provider.
//
// [SignIn.Handler] sends a browser to the provider, takes it back with a code, exchanges that, and verifies the ID token. Who that
// is follows from one claim of the token, and their groups from another. What was begun stands in a cookie of the browser, sealed
// with a key that follows from the client secret, so that another console may end what this one has begun. What a person has from
// then on, and may do, is for others to say: see [Config.Begin].
package oidc
