using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Vmm.Bench.SideBySide;

/// <summary>What the API costs: the time from the start of a process to its first answer, and the memory that is private to it.</summary>
internal static class ApiStart
{
    private const int Rounds = 30;
    private static readonly byte[] s_ping = Encoding.ASCII.GetBytes("GET /api/v1/vmm.ping HTTP/1.1\r\nHost: localhost\r\n\r\n");

    /// <summary>Runs it and prints the figures.</summary>
    /// <param name="vmm">The shipped binary.</param>
    public static int Run(string vmm)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vmm-bench-");
        try
        {
            string path = Path.Combine(folder.FullName, "api");
            List<double> times = [];
            for (int round = 0; round < Rounds; round++)
            {
                long start = Stopwatch.GetTimestamp();
                using Process process = Start(vmm, path);
                Ping(path);
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                End(process);
            }
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"api: process start to first answer p50 {Percentiles.Median(times):f1} ms, p90 {Percentiles.At(times, 0.9):f1} ms, {Rounds} runs"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"api: {PrivateMib(vmm, path):f1} MiB private to a process without a VM (second of two)"));
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Memory beside a guest, with the API and without.</summary>
    /// <param name="vmm">The shipped binary.</param>
    public static int RunBesideGuest(string vmm)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vmm-bench-");
        try
        {
            return Footprint.Run(vmm, ["--api-socket"], Path.Combine(folder.FullName, "api")) | Footprint.Run(vmm);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Two, so that pages of the program file count as shared.</summary>
    private static double PrivateMib(string vmm, string path)
    {
        using Process first = Start(vmm, path + "1");
        using Process second = Start(vmm, path + "2");
        Ping(path + "1");
        Ping(path + "2");
        (long own, _) = Footprint.PrivateKib(second.Id);
        End(first);
        End(second);
        return own / 1024.0;
    }

    private static Process Start(string vmm, string path) => Process.Start(vmm, ["--api-socket", path]);

    private static void End(Process process)
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Asks until somebody answers.</summary>
    private static void Ping(string path)
    {
        byte[] answer = new byte[1024];
        while (true)
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
            }
            catch (SocketException)
            {
                // Not listening yet.
                Thread.Yield();
                continue;
            }
            socket.Send(s_ping);
            int length = socket.Receive(answer);
            if (!Encoding.ASCII.GetString(answer, 0, length).Contains("200 OK", StringComparison.Ordinal))
                throw new InvalidOperationException("the API answered something else");
            return;
        }
    }
}
