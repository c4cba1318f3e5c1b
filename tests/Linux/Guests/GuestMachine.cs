using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Vmm.Lab.Cache;
using Vmm.Lab.Channel;
using Vmm.Lab.Hosts;
using Xunit;

namespace Vmm.Tests.Linux.Guests;

/// <summary>
/// Debian's kernel running under vmm in the lab, with somebody at its console. What was on the console is kept in
/// out/lab/guests and shown when the test fails.
/// </summary>
public sealed partial class GuestMachine : IAsyncDisposable
{
    public const string Prompt = "guest# ";

    /// <summary>A boot takes 5 to 20 s in the lab; other work on the machine may slow it much.</summary>
    public static readonly TimeSpan BootLimit = TimeSpan.FromMinutes(10);

    private const int TailLength = 6000;
    private readonly string _log;
    private bool _plain;

    private GuestMachine(LabSession session, string log) => (Session, _log) = (session, log);

    /// <summary>The terminal vmm runs at.</summary>
    public LabSession Session { get; }

    /// <summary>Starts vmm, and does not wait for anything.</summary>
    public static async Task<GuestMachine> StartAsync(GuestSpec spec, [CallerMemberName] string test = "")
    {
        var host = await LabHost.EnsureAsync();
        var session = await host.StartAsync(new LabCommand(await spec.ArgumentsAsync()) { Pty = true });
        var folder = Directory.CreateDirectory(Path.Combine(LabPaths.State, "guests")).FullName;
        var name = $"{test}-{spec.Flavour}-{spec.Form}-{spec.Transport}-{spec.Console}.log".ToLowerInvariant();
        return new GuestMachine(session, Path.Combine(folder, name));
    }

    /// <summary>Starts vmm and waits for the shell's prompt.</summary>
    public static async Task<GuestMachine> BootAsync(GuestSpec spec, [CallerMemberName] string test = "")
    {
        var machine = await StartAsync(spec, test);
        try
        {
            await machine.PromptAsync();
            return machine;
        }
        catch
        {
            await machine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for a boot to reach the shell.</summary>
    public async Task PromptAsync()
    {
        await Session.ExpectAsync(Prompt, BootLimit);
        _plain = false;
    }

    /// <summary>Runs a command in the guest; it must succeed. Returns what it said.</summary>
    public async Task<string> RunAsync(string command, TimeSpan? timeout = null)
    {
        var (code, said) = await TryAsync(command, timeout);
        Assert.True(code == 0, $"in the guest, '{command}' ended with {code} and said:\n{said}");
        return said;
    }

    /// <summary>Runs a command in the guest; returns its exit code and what it said, standard error included.</summary>
    public async Task<(int Code, string Said)> TryAsync(string command, TimeSpan? timeout = null)
    {
        await MakePlainAsync();
        await Session.WriteAsync(command + "\necho \"<<$?>>\"\n");
        var said = await Session.ExpectAsync(EndMark(), timeout);
        var mark = EndMark().Match(said);
        return (int.Parse(mark.Groups[1].Value, CultureInfo.InvariantCulture), said[..mark.Index].Replace("\r", "").Trim('\n'));
    }

    /// <summary>Starts a command that the guest will not answer.</summary>
    public async Task SendAsync(string command)
    {
        await MakePlainAsync();
        await Session.WriteAsync(command + "\n");
    }

    /// <summary>Unmounts, syncs, powers off; returns vmm's exit code.</summary>
    public async Task<int> PowerOffAsync()
    {
        await SendAsync("cd /; sync; umount -a -r 2>/dev/null; poweroff -f");
        return await EndAsync();
    }

    /// <summary>Waits for vmm's end; returns its exit code.</summary>
    public async Task<int> EndAsync() => (await Session.WaitAsync()).ExitCode;

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        var said = Session.Said;
        await File.WriteAllTextAsync(_log, said);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"the guest's console, whole in {_log} (L1's own: {LabPaths.ConsoleLog}):\n{(said.Length <= TailLength ? said : "[…]" + said[^TailLength..])}");
    }

    /// <summary>
    /// From the prompt to a shell that echoes nothing and edits no lines, so that all that comes are answers. Its
    /// standard error is no terminal, therefore it is not interactive.
    /// </summary>
    private async Task MakePlainAsync()
    {
        if (_plain)
            return;
        _plain = true;
        await Session.WriteLineAsync("stty -echo; sh 2>&1 | cat");
        await Session.WriteAsync("echo pl''ain\n");
        await Session.ExpectAsync(PlainMark());
    }

    [GeneratedRegex(@"<<(\d+)>>\r*\n")]
    private static partial Regex EndMark();

    [GeneratedRegex(@"plain\r*\n")]
    private static partial Regex PlainMark();
}
