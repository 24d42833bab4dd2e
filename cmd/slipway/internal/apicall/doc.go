// Package apicall is what a command line needs to call any operation of the API of a cloud platform by
// its name: parameters from arguments, files and JSON, all that is wrong with them at
// once, the signed request without sending it, answers as tables, and what to do about
// an error. Everything is worked out from the facts that a client holds, and no operation
// has code of its own. What is to be known of a client is an [API]; [SAE] is the first.
//
// Messages never hold the value of a parameter, because it may be a secret.
package apicall
