// Package apicall is what a command line needs to call any operation of the SAE API by
// its name: parameters from arguments, files and JSON, all that is wrong with them at
// once, the signed request without sending it, answers as tables, and what to do about
// an error. Everything is worked out from the facts that package saeclient holds;
// no operation has code of its own.
//
// Messages never hold the value of a parameter, because it may be a secret.
package apicall
