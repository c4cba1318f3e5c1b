using Vmm.Kvm.Abi;
using Vmm.Trace;
using Vmm.Trace.Format;
using Vmm.Trace.Recording;
using Vmm.Trace.Report;
using Xunit;

namespace Vmm.Tests.Vmm.Trace;

/// <summary>What is recorded is read again; what is damaged is told, and never trusted.</summary>
public class TraceFormatTests
{
    private static readonly TraceHeader s_header = new() { Machine = "one", Vcpus = 2, Program = "vmm test", Kernel = "/boot/vmlinuz" };

    [Theory]
    [InlineData(0ul, 1)]
    [InlineData(127ul, 1)]
    [InlineData(128ul, 2)]
    [InlineData(ulong.MaxValue, VarInt.Longest)]
    public void Number_comes_back(ulong number, int length)
    {
        Span<byte> bytes = stackalloc byte[VarInt.Longest];
        Assert.Equal(length, VarInt.Write(bytes, number));
        ReadOnlySpan<byte> rest = bytes[..length];
        Assert.True(VarInt.TryRead(ref rest, out ulong read));
        Assert.Equal(number, read);
        Assert.True(rest.IsEmpty);
        rest = bytes[..(length - 1)];
        Assert.False(VarInt.TryRead(ref rest, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void Signed_number_comes_back(long number)
    {
        Span<byte> bytes = stackalloc byte[VarInt.Longest];
        ReadOnlySpan<byte> rest = bytes[..VarInt.WriteSigned(bytes, number)];
        Assert.True(VarInt.TryReadSigned(ref rest, out long read));
        Assert.Equal(number, read);
    }

    [Fact]
    public void Number_of_more_than_64_bits_is_none()
    {
        ReadOnlySpan<byte> rest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        Assert.False(VarInt.TryRead(ref rest, out _));
    }

    [Fact]
    public void Exits_come_back_in_the_order_in_which_they_were_answered_whatever_the_vcpu()
    {
        TraceReader reader = Reader(Sample(out TraceEnd written));
        List<TracedExit> exits = [.. reader.Exits()];
        Assert.Equal("one", reader.Header.Machine);
        Assert.Equal([0, 1, 0, 0], exits.Select(exit => exit.Vcpu));
        Assert.Equal([10L, 20, 30, 40], exits.Select(exit => exit.Answered));
        Assert.Equal(written.Accounting, reader.End!.Accounting);

        TracedExit first = exits[0];
        Assert.Equal((KvmExitReason.KVM_EXIT_IO, AccessKind.PortWrite, 0x3f8ul), (first.Reason, first.Access, first.Address));
        Assert.Equal(new TracedDevice("serial0", DeviceModel.Serial), first.Device);
        Assert.Equal((3L, 7L, 7L), (first.Handled, first.InGuest, first.Left));
        Assert.Equal((1, 2L, 0x48ul), (first.Size, first.Count, first.Value));
        Assert.Equal("Hi"u8.ToArray(), first.Data);
        Assert.Equal((0xffff_ffff_8100_0000ul, 64, true), (first.Code!.Address, first.Code.Bits, first.Code.Known));
        Assert.Same(first.Code, exits[2].Code);
        Assert.Equal(KvmExitReason.KVM_EXIT_HLT, exits[1].Reason);
        Assert.Null(exits[1].Code);
        Assert.Null(exits[3].Device);
    }

    [Fact]
    public void Trace_that_is_cut_off_anywhere_is_read_as_far_as_it_goes_or_refused()
    {
        byte[] whole = Sample(out _);
        for (int length = 0; length < whole.Length; length++)
        {
            try
            {
                TraceReader reader = Reader(whole[..length]);
                Assert.InRange(reader.Exits().Count(), 0, 4);
                Assert.Null(reader.End);
            }
            catch (TraceException told)
            {
                Assert.NotEmpty(told.Message);
            }
        }
    }

    [Fact]
    public void Trace_with_any_byte_changed_is_read_or_refused_and_nothing_else()
    {
        byte[] whole = Sample(out _);
        int refused = 0;
        for (int i = 0; i < whole.Length; i++)
        {
            foreach (byte change in (ReadOnlySpan<byte>)[0x01, 0x80, 0xff])
            {
                byte[] damaged = [.. whole];
                damaged[i] ^= change;
                try
                {
                    Assert.InRange(Reader(damaged).Exits().Count(), 0, whole.Length);
                }
                catch (TraceException)
                {
                    refused++;
                }
            }
        }
        Assert.True(refused > whole.Length / 3, $"{refused} of {whole.Length * 3} changes were noticed");
    }

    [Theory]
    [InlineData("", "it is no trace")]
    [InlineData("#!/bin/sh\n", "it is no trace")]
    [InlineData("vmm-trace 2\n", "another version")]
    [InlineData("vmm-trace 1\n", "its head is damaged: it is cut off")]
    [InlineData("vmm-trace 1\n{\"machine\":\"on", "its head is damaged: it is cut off")]
    [InlineData("vmm-trace 1\n{\"machine\":\"on\n", "its head is damaged: it is not what vmm writes there")]
    [InlineData("vmm-trace 1\n[]\n", "its head is damaged: it is not what vmm writes there")]
    [InlineData("vmm-trace 1\n{\"vcpus\":1}\n\u0003\u0001\u0000\u0000\u0000x", "its end is damaged: it is not what vmm writes there")]
    [InlineData("vmm-trace 1\n{\"filter\":{\"vcpus\":null}}\n", "lacks a list")]
    [InlineData("vmm-trace 1\n{\"filter\":{\"ranges\":[null]}}\n", "lacks a list")]
    [InlineData("vmm-trace 1\n{\"vcpus\":1}\n\u0009\u0001\u0000\u0000\u0000x", "unknown kind")]
    [InlineData("vmm-trace 1\n{\"vcpus\":1}\n\u0001\u0000\u0000\u0000\u007f", "the longest has")]
    [InlineData("vmm-trace 1\n{\"vcpus\":1}\n\u0001\u0001\u0000\u0000\u0000\u0005", "a vCPU that the machine has not")]
    public void What_is_no_trace_is_told(string text, string words)
    {
        TraceException told = Assert.Throws<TraceException>(() => Reader(System.Text.Encoding.Latin1.GetBytes(text)).Exits().Count());
        Assert.Contains(words, told.Message);
        Assert.DoesNotContain("Path: ", told.Message);
    }

    [Fact]
    public void Step_comes_back_with_the_registers_that_it_changed_and_no_others()
    {
        ListSink sink = new();
        TraceRecorder recorder = new(sink, s_header, new ExitFilter());
        VcpuRecords records = recorder.RecordsOf(1);
        ulong[] before = new ulong[StepRegisters.Count], after = new ulong[StepRegisters.Count], all = new ulong[StepRegisters.Count];
        (after[0], after[^1]) = (5, ulong.MaxValue);
        Array.Fill(all, ulong.MaxValue);
        int code = records.Code(0x1000, 64, known: true, [0xb0, 5]);
        records.Step(10, 1, 2, code, before, after);
        records.Step(20, 1, 2, code, after, after);
        records.Step(30, 1, 2, code, before, all);
        recorder.Finish();
        TracedExit[] steps = [.. Reader(sink.Bytes).Exits()];
        Assert.Equal([("rax", 5ul), ("efer", ulong.MaxValue)], steps[0].Changed!);
        Assert.Equal((KvmExitReason.KVM_EXIT_DEBUG, 0x1000ul, AccessKind.None), (steps[0].Reason, steps[0].Code!.Address, steps[0].Access));
        Assert.Empty(steps[1].Changed!);
        Assert.Equal(StepRegisters.Count, steps[2].Changed!.Count);
        TraceLine lines = new(null, s_header);
        Assert.Contains("debug  rax=0x5 efer=0xffffffffffffffff", lines.Text(steps[0], null));
        Assert.Contains("mov al, 5", lines.Text(steps[0], null));
        Assert.Contains("\"changed\":{\"rax\":5,\"efer\":18446744073709551615}", new TraceJsonLines(lines).Text(steps[0], null));
    }

    [Fact]
    public void End_is_found_without_the_exits_and_not_in_a_trace_that_was_cut_off()
    {
        byte[] whole = Sample(out TraceEnd written);
        Assert.Equal(written.Recorded, Reader(whole).SkipToEnd()!.Recorded);
        Assert.Null(Reader(whole[..^1]).SkipToEnd());
    }

    /// <summary>Nobody who is alive leaves a trace without marks; a forged one must not take all memory, nor all time with too many.</summary>
    [Theory]
    [InlineData(3_000_000, 0)]
    [InlineData(300_000, 300_000)]
    public void Forged_trace_without_marks_or_with_as_many_as_exits_is_read(int exits, int marks)
    {
        ListSink sink = new();
        TraceRecorder recorder = new(sink, s_header, new ExitFilter());
        VcpuRecords records = recorder.RecordsOf(0);
        for (int i = 0; i < exits; i++)
        {
            records.Exit(i, 1, 1, KvmExitReason.KVM_EXIT_HLT, 0, default);
            if (records.IsFull)
                recorder.Write(records);
        }
        recorder.Write(records);
        byte[] mark = [2, 1, 0, 0, 0, 0];
        MemoryStream forged = new();
        forged.Write(sink.Bytes);
        for (int i = 0; i < marks; i++)
            forged.Write(mark);
        forged.Position = 0;
        long before = -1;
        foreach (TracedExit exit in new TraceReader(forged).Exits())
            Assert.Equal(++before, exit.Answered);
        Assert.Equal(exits - 1, before);
    }

    [Fact]
    public void Trace_whose_sink_fails_is_over_and_says_why()
    {
        TraceRecorder recorder = new(new ListSink(most: 400), s_header, new ExitFilter());
        VcpuRecords records = recorder.RecordsOf(0);
        for (int i = 0; i < 100 && recorder.Over is null; i++)
        {
            Assert.True(recorder.Admit());
            records.Exit(i, 1, 1, KvmExitReason.KVM_EXIT_HLT, 0, default);
            recorder.Mark();
        }
        Assert.Equal("no room", recorder.Over);
        Assert.False(recorder.Admit());
    }

    [Fact]
    public void Trace_of_so_many_exits_is_over_after_them()
    {
        TraceRecorder recorder = new(new ListSink(), s_header, new ExitFilter(), most: 2);
        Assert.True(recorder.Admit());
        Assert.Null(recorder.Over);
        Assert.True(recorder.Admit());
        Assert.NotNull(recorder.Over);
        Assert.False(recorder.Admit());
        Assert.Equal(2, recorder.Recorded);
    }

    /// <summary>Two vCPUs, four exits, a mark between them.</summary>
    internal static byte[] Sample(out TraceEnd end)
    {
        ListSink sink = new();
        TraceRecorder recorder = new(sink, s_header, new ExitFilter());
        VcpuRecords first = recorder.RecordsOf(0), second = recorder.RecordsOf(1);
        int code = first.Code(0xffff_ffff_8100_0000, 64, known: true, [0xee]);
        int device = first.Device("serial0", DeviceModel.Serial);
        first.Exit(10, 3, 7, KvmExitReason.KVM_EXIT_IO, code, new ExitAccess { Kind = AccessKind.PortWrite, Address = 0x3f8, Device = device, Size = 1, Count = 2, Data = "Hi"u8 });
        first.Exit(30, 1, 1, KvmExitReason.KVM_EXIT_IO, code, new ExitAccess { Kind = AccessKind.PortRead, Address = 0x3fd, Device = device, Offset = 5, Size = 1, Count = 1, Data = [0x60] });
        second.Exit(20, 1, 1, KvmExitReason.KVM_EXIT_HLT, 0, default);
        recorder.Mark();
        first.Exit(40, 1, 1, KvmExitReason.KVM_EXIT_MMIO, 0, new ExitAccess { Kind = AccessKind.MemoryRead, Address = 0xfee0_0000, Size = 4, Count = 1, Data = [1, 2, 3, 4] });
        recorder.Account(KvmExitReason.KVM_EXIT_IO, 2);
        recorder.Account(KvmExitReason.KVM_EXIT_HLT, 1);
        recorder.Account(KvmExitReason.KVM_EXIT_MMIO, 1);
        end = recorder.Finish();
        return sink.Bytes;
    }

    internal static TraceReader Reader(byte[] bytes) => new(new MemoryStream(bytes));
}
