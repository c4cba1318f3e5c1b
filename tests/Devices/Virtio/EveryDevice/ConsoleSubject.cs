using Vmm.Devices.Backends;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Console;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

internal sealed class ConsoleSubject : DeviceSubject
{
    private readonly LastBytes _output = new();
    private readonly VirtioConsole _console;

    public ConsoleSubject() => _console = new VirtioConsole("console0", _output, new ConsoleSize(80, 25));

    public override IVirtioDevice Device => _console;

    public override void Stimulate() => _console.Receive("!"u8);

    public override void AssertWorks(EvilRig rig, ulong at)
    {
        rig.Write(at, "ping pong"u8);
        Assert.Equal(0u, rig.Do(ConsoleDevice.TransmitQueue, new GuestBuffer(at, 9)));
        Assert.Equal("ping pong"u8, _output.Bytes);

        Assert.Equal(1u, rig.Do(ConsoleDevice.ReceiveQueue, new GuestBuffer(at, 9, true)));
        Assert.Equal("!ing pong"u8, rig.Read(at, 9));
    }

    /// <summary>An evil driver can print gigabytes: only what came last is kept.</summary>
    private sealed class LastBytes : IByteSink
    {
        private readonly byte[] _last = new byte[9];

        public ReadOnlySpan<byte> Bytes => _last;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length >= _last.Length)
            {
                bytes[^_last.Length..].CopyTo(_last);
                return;
            }
            _last.AsSpan(bytes.Length).CopyTo(_last);
            bytes.CopyTo(_last.AsSpan(_last.Length - bytes.Length));
        }
    }
}
