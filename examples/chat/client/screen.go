package main

import (
	"context"
	"errors"
)

func terminal() bool { return false }

func (c *client) screen(context.Context) error { return errors.New("x") }
