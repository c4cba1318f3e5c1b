using Vmm.Trace.Format;

namespace Vmm.Trace.Meaning;

/// <summary>Reads accesses to one device. May remember what was written: some registers are chosen by others.</summary>
internal interface IRegisterNames
{
    /// <summary>What an access was; null where there is nothing to say. Accesses come in the order in which they were answered.</summary>
    RegisterMeaning? Read(TracedExit exit);
}
