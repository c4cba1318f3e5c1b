using System.Diagnostics;
using System.Globalization;
using Vmm.Migration;
using Vmm.Migration.Receiving;
using Vmm.Migration.Sending;
using Vmm.Migration.Transport;

namespace Vmm.Bench.SideBySide;

/// <summary>
/// How fast a migration's own sender and receiver carry memory full of content between two processes over TCP on loopback, in turn
/// with a plain C sender and receiver with as many connections. Without a guest, so without KVM; ours is compiled by the JIT here.
/// </summary>
internal static class DataPath
{
    private const int Mebibytes = 1024;
    private const int Rounds = 7;
    private const byte Content = 1;

    /// <summary>Runs it and prints the table.</summary>
    /// <param name="connections">How many; null for 1, 2, 4 and 8.</param>
    public static int Run(string? connections)
    {
        using Process receiver = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(DataPath).Assembly.Location, "data-path-receive"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        using BareMemory memory = new(Mebibytes << 20);
        memory.Fill(Content);
        Console.WriteLine($"memory over TCP on loopback, {Mebibytes} MiB without a zero page, no guest, medians of {Rounds}");
        Console.WriteLine($"{"connections",-14}{"vmm",14}{"C",14}{"ratio",10}");
        int[] counts = connections is null ? [1, 2, 4, 8] : [int.Parse(connections, CultureInfo.InvariantCulture)];
        foreach (int count in counts)
        {
            List<double> ours = [];
            List<double> plain = [];
            for (int round = -1; round < Rounds; round++)
            {
                (double vmms, double c) = (Ours(receiver, memory, count), PlainStream.Measure(Mebibytes, count));
                // The first is the JIT's.
                if (round < 0)
                    continue;
                ours.Add(vmms);
                plain.Add(c);
            }
            (double our, double their) = (Percentiles.Median(ours), Percentiles.Median(plain));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count,-14}{our,9:f2} GB/s{their,9:f2} GB/s{our / their,10:f2}"));
        }
        return 0;
    }

    /// <summary>The destination, in a process of its own: takes one guest after the other, until its input ends.</summary>
    public static int Receive()
    {
        while (Console.ReadLine() is not null)
        {
            using BareMemory memory = new(Mebibytes << 20);
            MigrationListener listener = MigrationAddress.Parse("tcp:127.0.0.1:0").Listen();
            Console.WriteLine(listener.Place);
            using MigrationReceiver receiver = new(listener, TimeSpan.FromSeconds(20));
            receiver.Receive(receiver.WaitForOffer(), memory);
            receiver.Started()?.Dispose();
        }
        return 0;
    }

    /// <summary>Bytes a nanosecond, over the whole migration: handshake and hand-over included.</summary>
    private static double Ours(Process receiver, BareMemory memory, int connections)
    {
        receiver.StandardInput.WriteLine();
        MigrationAddress place = MigrationAddress.Parse(receiver.StandardOutput.ReadLine()!);
        MigrationOptions options = new() { Connections = connections };
        using MigrationRoute route = MigrationRoute.To(place, options);
        using MigrationSender sender = new(memory, route.Connect, "there", options);
        MigrationResult result = sender.Run(CancellationToken.None);
        return result.Sent / result.TotalMilliseconds / 1e6;
    }
}
