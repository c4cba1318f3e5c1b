using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Vmm.Host;
using Vmm.Logging;
using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Logging;

[Collection(AloneCollection.Name)]
public sealed class LogPlacesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-log-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Path(string name) => System.IO.Path.Combine(_folder, name);

    private static VmmLog Open(params LogConfig[] logs) => VmmLog.Open(MachineConfigResolver.Resolve(new() { Name = "web", Log = logs }));

    private static MachineLog Machine(VmmLog log) => new(log.CreateLogger(MachineLog.Category));

    [Fact]
    public void A_file_is_appended_to_and_is_its_owner_s_alone()
    {
        for (int i = 0; i < 2; i++)
        {
            using VmmLog log = Open(new LogConfig { Target = LogTarget.File, Path = Path("a.log") });
            Machine(log).Resumed();
        }
        string[] lines = File.ReadAllLines(Path("a.log"));
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.EndsWith("Z info web machine: resumed", line, StringComparison.Ordinal));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path("a.log")));
    }

    [Fact]
    public void A_file_that_is_full_by_its_size_begins_anew()
    {
        using FileSink sink = new(Path("a.log"), Microsoft.Extensions.Logging.LogLevel.Information, LogLine.Text, LogListResolver.SmallestFile);
        LogEntry entry = LogEntry.Of(DateTimeOffset.UnixEpoch, "web", "machine", Microsoft.Extensions.Logging.LogLevel.Information, default, new string('x', 1000), null, null);
        for (int i = 0; i < 200; i++)
            Assert.True(sink.Write(entry));
        Assert.InRange(new FileInfo(Path("a.log")).Length, 1, 64 << 10);
        Assert.InRange(new FileInfo(Path("a.log.1")).Length, 60 << 10, 64 << 10);
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    [Trait("Row", "88")]
    public void A_full_disk_costs_lines_which_are_counted()
    {
        VmmLog log = Open(new LogConfig { Target = LogTarget.File, Path = "/dev/full" });
        Machine(log).Resumed();
        Machine(log).PowerButton();
        log.Dispose();
        Assert.Equal(0, log.Counters.Written);
        Assert.InRange(log.Counters.Dropped, 2, 3);
    }

    [Fact]
    [Trait("Row", "88")]
    public void A_closed_descriptor_costs_lines_which_are_counted()
    {
        // A number that no descriptor has.
        VmmLog log = new("web", [new DescriptorSink(1 << 20, Microsoft.Extensions.Logging.LogLevel.Trace, LogLine.Text)], new ManualClock());
        Machine(log).Resumed();
        log.Dispose();
        Assert.Equal(0, log.Counters.Written);
        Assert.InRange(log.Counters.Dropped, 1, 2);
    }

    [Fact]
    [Trait("Row", "88")]
    public unsafe void A_pipe_that_nobody_empties_costs_lines_and_is_not_waited_for()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, Linux.pipe2(ends, Linux.O_CLOEXEC));
        using SafeFd reader = new(ends[0]);
        using SafeFd writer = new(ends[1]);
        DescriptorSink sink = new(writer.Number, Microsoft.Extensions.Logging.LogLevel.Trace, LogLine.Text);
        byte[] line = Encoding.ASCII.GetBytes(new string('x', 999) + "\n");
        int taken = 0;
        while (taken < 1000 && sink.Write(line))
            taken++;
        Assert.InRange(taken, 1, 100);
        Assert.False(sink.Write(line));
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_told_at_the_start()
    {
        VmmException refused = Assert.Throws<VmmException>(() => Open(new LogConfig { Target = LogTarget.File, Path = Path("none/a.log") }));
        Assert.Contains("cannot open the log", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ENOENT", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_journal_that_is_not_there_is_told_at_the_start_with_the_remedy()
    {
        VmmException refused = Assert.Throws<VmmException>(() => Open(new LogConfig { Target = LogTarget.Journal, Path = Path("socket") }));
        Assert.Contains("start systemd-journald, or log to a file", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "88")]
    public void The_journal_gets_fields_and_no_value_can_bring_its_own()
    {
        using Socket journal = Journal();
        using (VmmLog log = Open(new LogConfig { Target = LogTarget.Journal, Path = Path("socket") }))
            new DeviceLog(log.CreateLogger(DeviceLog.Category)).DriverFault("disk0", "a\nPRIORITY=0");
        Dictionary<string, string> fields = Receive(journal);
        Assert.Equal(@"disk0: its driver broke the rules (a\x0aPRIORITY=0); the device waits for a reset", fields["MESSAGE"]);
        Assert.Equal("4", fields["PRIORITY"]);
        Assert.Equal("vmm", fields["SYSLOG_IDENTIFIER"]);
        Assert.Equal("web", fields["VMM_MACHINE"]);
        Assert.Equal("device.DriverFault", fields["CODE_FUNC"]);
        Assert.Equal("disk0", fields["VMM_DEVICE"]);
        Assert.Equal("a\nPRIORITY=0", fields["VMM_WHAT"]);
    }

    [Fact]
    [Trait("Row", "88")]
    public void A_journal_that_was_started_anew_is_found_again()
    {
        Socket journal = Journal();
        using JournalSink sink = new(Path("socket"), Microsoft.Extensions.Logging.LogLevel.Trace);
        LogEntry entry = LogEntry.Of(DateTimeOffset.UnixEpoch, "web", "machine", Microsoft.Extensions.Logging.LogLevel.Information, default, "hello", null, null);
        journal.Dispose();
        File.Delete(Path("socket"));
        Assert.False(sink.Write(entry));
        using Socket anew = Journal();
        Assert.True(sink.Write(entry));
        Assert.Equal("hello", Receive(anew)["MESSAGE"]);
    }

    private Socket Journal()
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        socket.Bind(new UnixDomainSocketEndPoint(Path("socket")));
        return socket;
    }

    /// <summary>The journal's own reading of the protocol, strict.</summary>
    private static Dictionary<string, string> Receive(Socket journal)
    {
        byte[] buffer = new byte[1 << 16];
        ReadOnlySpan<byte> rest = buffer.AsSpan(0, journal.Receive(buffer));
        Dictionary<string, string> fields = [];
        while (rest.Length > 0)
        {
            int end = rest.IndexOf((byte)'\n');
            int equals = rest[..end].IndexOf((byte)'=');
            string name = Encoding.ASCII.GetString(rest[..(equals < 0 ? end : equals)]);
            ReadOnlySpan<byte> value = rest[(equals + 1)..end];
            rest = rest[(end + 1)..];
            if (equals < 0)
            {
                int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(rest);
                value = rest.Slice(sizeof(ulong), length);
                Assert.Equal((byte)'\n', rest[sizeof(ulong) + length]);
                rest = rest[(sizeof(ulong) + length + 1)..];
            }
            Assert.Matches("^[A-Z][A-Z0-9_]{0,63}$", name);
            fields.Add(name, Encoding.UTF8.GetString(value));
        }
        return fields;
    }
}
