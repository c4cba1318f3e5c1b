using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Vmm.Bench.SideBySide;

/// <summary>
/// The same PVH guest moved from one process to another over TCP on loopback, by vmm and by QEMU in turn: idle, and writing to
/// a share of its RAM each second. Total time and bytes are what each of them reports; downtime is until the guest runs at the
/// destination, for both. And memory full of content,
/// of a guest that is held, beside a plain C sender and receiver.
/// </summary>
internal static class MigrationTime
{
    private const int Rounds = 7;
    private const int Mebibytes = 256;
    private const int PagesPerMebibyte = 256;
    private const int DowntimeLimit = 300;
    private const int TicksPerSecond = 10;

    // For the throughput.
    private const int FullMebibytes = 1024;
    private const int Unused = 64;
    private const int Streams = 5;

    /// <summary>Runs it and prints the tables.</summary>
    /// <param name="vmm">The shipped binary.</param>
    /// <param name="only">The rows to measure, by the percent of RAM that the guest writes to, and <c>full</c> for the throughput; none for all. In the lab the largest takes minutes.</param>
    public static int Run(string vmm, string[] only)
    {
        string folder = Directory.CreateTempSubdirectory("vmm-bench-").FullName;
        try
        {
            Console.WriteLine($"migration over TCP on loopback, {Mebibytes} MiB, 1 vCPU, downtime limit {DowntimeLimit} ms, {Rounds} moves each, medians");
            Console.WriteLine($"{"guest writes",-14}{"",-7}{"total",12}{"sent",12}{"downtime",12}{"at most",12}");
            foreach (int percent in new[] { 0, 1, 10, 50 })
            {
                if (only.Length == 0 || only.Contains(percent.ToString(CultureInfo.InvariantCulture)))
                    Compare(vmm, folder, percent);
            }
            if (only.Length > 0 && !only.Contains("full"))
                return 0;
            Console.WriteLine($"\nthroughput over TCP on loopback, {FullMebibytes} MiB of a guest that is held, medians of {Streams}");
            Console.WriteLine($"{"connections",-14}{"vmm",14}{"C",14}{"ratio",10}");
            foreach (int connections in new[] { 1, 4 })
                Stream(vmm, folder, connections);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Compare(string vmm, string folder, int percent)
    {
        string guest = Path.Combine(folder, $"guest{percent}.elf");
        (string name, string options) = percent == 0
            ? ("vigil", "ticks=0 hz=1 rate=1")
            : ("dirty", string.Create(CultureInfo.InvariantCulture, $"mib={Mebibytes - 16} pages={Mebibytes * PagesPerMebibyte * percent / 100 / TicksPerSecond} hz={TicksPerSecond} ticks=0"));
        Check(vmm, folder, "firmware", "write", name, guest);
        List<Move> ours = [];
        List<Move> theirs = [];
        for (int round = 0; round < Rounds; round++)
        {
            ours.Add(MoveByVmm(vmm, folder, guest, options));
            theirs.Add(MoveByQemu(folder, guest, options));
        }
        Print(percent == 0 ? "idle" : $"{percent}% a second", "vmm", ours);
        Print("", "QEMU", theirs);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{"",-14}{"ratio",-7}{Ratio(m => m.TotalMilliseconds),12:f3}{Ratio(m => m.Megabytes),12:f3}{Ratio(m => m.DowntimeMilliseconds),12:f3}"));

        double Ratio(Func<Move, double> of) => Median(ours, of) / Median(theirs, of);
    }

    private static void Print(string what, string who, List<Move> moves) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{what,-14}{who,-7}{Median(moves, m => m.TotalMilliseconds),9:f1} ms{Median(moves, m => m.Megabytes),9:f1} MB{Median(moves, m => m.DowntimeMilliseconds),9:f2} ms{moves.Max(m => m.DowntimeMilliseconds),9:f2} ms"));

    private static double Median(List<Move> moves, Func<Move, double> of) => Percentiles.Median(moves.Select(of));

    private static Move MoveByVmm(string vmm, string folder, string guest, string options)
    {
        Check(vmm, folder, "run", "-d", "--rm", "--name", "from", "--kernel", guest, "--memory", $"{Mebibytes}M", "--cmdline", options);
        try
        {
            string place = Check(vmm, folder, "receive", "-d", "--rm", "--name", "to", "tcp:127.0.0.1:0").Trim();
            // As QEMU's two: what the guest writes before counts.
            Settle();
            using JsonDocument told = JsonDocument.Parse(Check(vmm, folder, "migrate", "from", place, "--downtime", $"{DowntimeLimit}", "--output", "json"));
            JsonElement result = told.RootElement;
            return new Move(result.GetProperty("total-milliseconds").GetDouble(), result.GetProperty("downtime-milliseconds").GetDouble(), result.GetProperty("sent").GetInt64() / 1e6);
        }
        finally
        {
            TryRun(vmm, folder, "kill", "from");
            TryRun(vmm, folder, "kill", "to");
        }
    }

    private static Move MoveByQemu(string folder, string guest, string options)
    {
        string place = $"tcp:127.0.0.1:{FreePort()}";
        using Qemu from = new(folder, "from", Mebibytes, guest, options, incoming: null);
        using Qemu to = new(folder, "to", Mebibytes, guest, options, place);
        Settle();
        return from.Migrate(place, to, DowntimeLimit);
    }

    /// <summary>The same for both: a guest that has been at it for a while.</summary>
    private static void Settle() => Thread.Sleep(1000);

    private static void Stream(string vmm, string folder, int connections)
    {
        List<double> ours = [];
        List<double> plain = [];
        for (int round = 0; round < Streams; round++)
        {
            ours.Add(StreamByVmm(vmm, folder, connections));
            plain.Add(PlainStream.Measure(FullMebibytes - Unused, connections));
        }
        double vmms = Percentiles.Median(ours);
        double c = Percentiles.Median(plain);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{connections,-14}{vmms,9:f2} GB/s{c,9:f2} GB/s{vmms / c,10:f2}"));
    }

    /// <summary>Bytes a nanosecond, over the whole migration: handshake, state and hand-over included.</summary>
    private static double StreamByVmm(string vmm, string folder, int connections)
    {
        int pages = (FullMebibytes - Unused) * PagesPerMebibyte;
        Check(vmm, folder, "run", "-d", "--rm", "--name", "from", "--firmware", "dirty", "--memory", $"{FullMebibytes}M", "--cmdline", $"mib={FullMebibytes - Unused} pages={pages} hz=1 ticks=0");
        try
        {
            // The guest says so when it has been over all of it.
            while (!Check(vmm, folder, "logs", "from").Contains("pass 1 done", StringComparison.Ordinal))
                Thread.Sleep(100);
            Check(vmm, folder, "pause", "from");
            string place = Check(vmm, folder, "receive", "-d", "--rm", "--name", "to", "tcp:127.0.0.1:0").Trim();
            HaveHostWarm();
            using JsonDocument told = JsonDocument.Parse(Check(vmm, folder, "migrate", "from", place, "--connections", $"{connections}", "--output", "json"));
            return told.RootElement.GetProperty("sent").GetInt64() / told.RootElement.GetProperty("total-milliseconds").GetDouble() / 1e6;
        }
        finally
        {
            TryRun(vmm, folder, "kill", "from");
            TryRun(vmm, folder, "kill", "to");
        }
    }

    /// <summary>
    /// What a host that is itself a guest must first get from its own host is measured by neither side: <c>stream.c</c> does the
    /// same. Without it a destination got the pages that nobody had had for seconds, and C's those that had just become free.
    /// </summary>
    private static void HaveHostWarm()
    {
        using BareMemory memory = new((ulong)(FullMebibytes - Unused) << 20);
        memory.Fill(1);
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static string Check(string vmm, string folder, params string[] arguments)
    {
        (int code, string output, string errors) = TryRun(vmm, folder, arguments);
        return code == 0 ? output : throw new InvalidOperationException($"vmm {string.Join(' ', arguments)}: {code}: {errors}");
    }

    private static (int Code, string Output, string Errors) TryRun(string vmm, string folder, params string[] arguments)
    {
        ProcessStartInfo start = new(vmm, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["VMM_HOME"] = Path.Combine(folder, "vms");
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
