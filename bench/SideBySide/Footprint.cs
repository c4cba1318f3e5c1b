using System.Diagnostics;
using System.Globalization;

namespace Vmm.Bench.SideBySide;

/// <summary>
/// What one more idle machine costs the host beside its guest's RAM: two run, so that pages of the program file count as
/// shared, and one is looked at while its guest waits for input.
/// </summary>
internal static class Footprint
{
    private const ulong GuestMiB = 128;

    /// <summary>Runs it and prints the figures.</summary>
    /// <param name="vmm">The shipped binary.</param>
    public static int Run(string vmm) => Run(vmm, [], "");

    /// <summary>The same with an option more.</summary>
    /// <param name="vmm">The shipped binary.</param>
    /// <param name="option">The option, or nothing.</param>
    /// <param name="path">Its value; each process gets its own.</param>
    public static int Run(string vmm, string[] option, string path)
    {
        using Process first = Start(vmm, option.Length > 0 ? [.. option, path + "1"] : []);
        using Process second = Start(vmm, option.Length > 0 ? [.. option, path + "2"] : []);
        try
        {
            WaitForPrompt(first);
            WaitForPrompt(second);
            (long own, long guest) = PrivateKib(second.Id);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"footprint{string.Concat(option.Select(name => " with " + name))}: {own / 1024.0:f1} MiB private to the process beside {guest / 1024.0:f1} MiB of touched guest RAM ({GuestMiB} MiB guest, second of two)"));
            return 0;
        }
        finally
        {
            first.StandardInput.Close();
            second.StandardInput.Close();
            first.Kill();
            second.Kill();
        }
    }

    private static Process Start(string vmm, string[] more) => Process.Start(new ProcessStartInfo(vmm, ["run", "--firmware", "monitor", "--memory", $"{GuestMiB}M", .. more])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    private static void WaitForPrompt(Process process)
    {
        int read;
        do
            read = process.StandardOutput.Read();
        while (read is not (-1 or '>'));
    }

    /// <summary>
    /// Sums the private pages in /proc/PID/smaps: those of the mapping that has the guest's size, and all others. The kernel
    /// may have joined the guest's mapping with a heap of malloc next to it, of which a page or two are in use.
    /// </summary>
    internal static (long Own, long Guest) PrivateKib(int process)
    {
        long own = 0;
        long guest = 0;
        bool isGuest = false;
        foreach (string line in File.ReadLines($"/proc/{process}/smaps"))
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words[0].Contains('-', StringComparison.Ordinal))
                isGuest = words[1].StartsWith("rw", StringComparison.Ordinal) && Length(words[0]) >> 20 == GuestMiB;
            else if (words[0] is not ("Private_Clean:" or "Private_Dirty:"))
                continue;
            else if (isGuest)
                guest += long.Parse(words[1], CultureInfo.InvariantCulture);
            else
                own += long.Parse(words[1], CultureInfo.InvariantCulture);
        }
        return (own, guest);
    }

    private static ulong Length(string range)
    {
        string[] bounds = range.Split('-');
        return ulong.Parse(bounds[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) - ulong.Parse(bounds[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
