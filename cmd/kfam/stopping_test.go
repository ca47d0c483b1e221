package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatOutlastsAContextEndsAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, ask := context.WithCancel(t.Context())
		ctx := outlasting(asked, 5*time.Second)
		time.Sleep(time.Hour)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Error("it ended although nobody asked")
		}
		ask()
		time.Sleep(5*time.Second - time.Nanosecond)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Error("it ended as soon as somebody asked")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if ctx.Err() == nil {
			t.Error("it goes on after the delay")
		}
	})
}
