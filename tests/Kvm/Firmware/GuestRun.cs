using System.Diagnostics;
using System.Text;
using Xunit;

namespace Vmm.Tests.Kvm.Firmware;

/// <summary>One run of a tiny guest under some VMM: what the guest printed, what the VMM said, and how it ended.</summary>
internal sealed record GuestRun(string Output, string Errors, int ExitCode)
{
    /// <summary>Generous, because the machine may be busy; a guest takes a fraction of a second.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Starts a VMM, types, and waits for its end.</summary>
    public static async Task<GuestRun> WatchAsync(string program, IEnumerable<string> arguments, string typed)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
            StandardInputEncoding = Encoding.Latin1,
        };
        using Process process =
            Process.Start(info) ?? throw new InvalidOperationException($"{program} did not start");
        try
        {
            return await FinishAsync(process, typed);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private static async Task<GuestRun> FinishAsync(Process process, string typed)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(s_patience);
        Task<string> errors = process.StandardError.ReadToEndAsync(patience.Token);
        await process.StandardInput.WriteAsync(typed.AsMemory(), patience.Token);
        await process.StandardInput.FlushAsync(patience.Token);
        string output = await process.StandardOutput.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        TestContext.Current.TestOutputHelper?.WriteLine(await errors);
        return new GuestRun(output, await errors, process.ExitCode);
    }

    /// <summary>The texts appear in the output in this order; other text may stand between.</summary>
    public void AssertPrinted(params IReadOnlyList<string> expected)
    {
        int from = 0;
        foreach (string text in expected)
        {
            int at = Output.IndexOf(text, from, StringComparison.Ordinal);
            Assert.True(at >= 0, $"expected \"{text}\" in what follows \"{Output[..from]}\": \"{Output[from..]}\"; {Errors}");
            from = at + text.Length;
        }
    }
}
