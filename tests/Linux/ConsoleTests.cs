using System.Security.Cryptography;
using System.Text;
using Vmm.Tests.Linux.Guests;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>The console as a person at a terminal has it.</summary>
public class ConsoleTests
{
    private const int LineLength = 76;

    /// <summary>Emulated, a byte over the serial port takes some 0.1 ms; the virtio console takes a page at a time.</summary>
    [Theory]
    [InlineData("hvc0", "", 8 << 20)]
    [InlineData("ttyS0", ",115200n8r", 128 << 10)]
    public async Task Paste_into_the_console_loses_nothing(string console, string mode, int size)
    {
        await using var guest = await GuestMachine.BootAsync(new GuestSpec { Console = console, ConsoleMode = mode });
        var paste = Lines(size);
        await guest.SendAsync($"echo 'rea''dy'; head -c {paste.Length} </dev/tty | sha256sum");
        await guest.Session.ExpectAsync("ready");
        await guest.Session.WriteAsync(paste);
        var sum = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(paste)));
        await guest.Session.ExpectAsync(sum, TimeSpan.FromMinutes(10));
        Assert.Equal(0, await guest.PowerOffAsync());
    }

    [Fact]
    public async Task What_is_typed_is_echoed_and_a_break_reaches_sysrq()
    {
        await using var guest = await GuestMachine.BootAsync(new GuestSpec { CommandLine = "sysrq_always_enabled=1 loglevel=7" });
        await guest.Session.WriteAsync("echo a sum: $((6 * 7))");
        await guest.Session.ExpectAsync("echo a sum: $((6 * 7))");
        await guest.Session.WriteAsync("\r");
        await guest.Session.ExpectAsync("a sum: 42");
        const string Escape = "\u0001";
        await guest.Session.WriteAsync(Escape + "b");
        await guest.Session.WriteAsync("h");
        await guest.Session.ExpectAsync("sysrq: HELP");
        await guest.Session.WriteAsync(Escape + "h");
        await guest.Session.ExpectAsync("Ctrl-A");
        await guest.Session.WriteAsync(Escape + "x");
        Assert.Equal(0, await guest.EndAsync());
    }

    /// <summary>Text of this size in lines, as one pastes it.</summary>
    private static string Lines(int size)
    {
        var text = new StringBuilder(size);
        var letters = Convert.ToBase64String(RandomNumberGenerator.GetBytes(size)).AsSpan();
        for (var at = 0; text.Length < size; at += LineLength)
            text.Append(letters.Slice(at, LineLength)).Append('\n');
        return text.ToString(0, size - 1) + "\n";
    }
}
