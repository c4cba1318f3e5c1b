using System.Text;
using Vmm.Devices.Backends;

namespace Vmm.Tests.Kvm;

/// <summary>Keeps what a guest prints, in however many machines it does.</summary>
internal sealed class Printed : IByteSink
{
    private readonly StringBuilder _text = new();

    public string Text
    {
        get
        {
            lock (_text)
                return _text.ToString();
        }
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_text)
            _text.Append(Encoding.ASCII.GetString(bytes));
    }
}
