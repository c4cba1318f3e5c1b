using System.Buffers.Binary;
using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Hostile;

/// <summary>Guests that leave the processor no way on, under the whole program: what the user sees and what the exit code says.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly string _image = Path.GetTempFileName();

    public void Dispose() => File.Delete(_image);

    /// <summary>mov edi, 0xD0000000 (a hole: nothing answers there); jmp edi. KVM cannot fetch instructions from a device.</summary>
    [Fact]
    [Trait("Row", "50")]
    public async Task Instruction_that_cannot_be_emulated_ends_in_registers_and_an_exit_code_of_its_own()
    {
        GuestRun run = await RunAsync([0xBF, 0x00, 0x00, 0x00, 0xD0, 0xFF, 0xE7]);
        Assert.Equal(ExitCodes.EmulationFailed, run.ExitCode);
        Assert.Contains("KVM cannot run an instruction of it", run.Errors, StringComparison.Ordinal);
        Assert.Contains("d0000000", run.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("cause: the guest runs code at physical 0xd0000000, where there is no RAM", run.Errors, StringComparison.Ordinal);
    }

    /// <summary>lidt [0x100040], where there are zeroes; ud2.</summary>
    [Fact]
    [Trait("Row", "49")]
    public async Task Triple_fault_under_reboot_exit_shows_where_it_happened()
    {
        GuestRun run = await RunAsync([0x0F, 0x01, 0x1D, 0x40, 0x00, 0x10, 0x00, 0x0F, 0x0B]);
        Assert.Equal(ExitCodes.GuestCrashed, run.ExitCode);
        Assert.Contains("triple fault", run.Errors, StringComparison.Ordinal);
        Assert.Contains("rip", run.Errors, StringComparison.OrdinalIgnoreCase);
        // AMD's processors leave nothing to tell from.
        Assert.Matches("cause: (#UD \\(an instruction that is undefined on purpose\\), and there is no IDT|not to be told: on AMD)", run.Errors);
        Assert.Contains("page walk of ", run.Errors, StringComparison.Ordinal);
    }

    private async Task<GuestRun> RunAsync(byte[] code)
    {
        KvmDevice.Require();
        await File.WriteAllBytesAsync(_image, MultibootImage(code), TestContext.Current.CancellationToken);
        return await ShellRun.WatchAsync($"exec $vmm run --kernel {_image} --memory 4M --reboot exit");
    }

    /// <summary>The smallest kernel that is entered in 32-bit mode: a Multiboot header with addresses, and code behind it.</summary>
    private static byte[] MultibootImage(ReadOnlySpan<byte> code)
    {
        const uint magic = 0x1BADB002, withAddresses = 0x10000, load = 0x10_0000;
        const int headerSize = 32, size = 0x80;
        byte[] image = new byte[size];
        uint[] header = [magic, withAddresses, unchecked(0 - magic - withAddresses), load, load, load + size, load + size, load + headerSize];
        for (int i = 0; i < header.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(i * sizeof(uint)), header[i]);
        code.CopyTo(image.AsSpan(headerSize));
        return image;
    }
}
