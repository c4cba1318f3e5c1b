namespace Vmm.Machine.Config;

/// <summary>How processors are laid out.</summary>
/// <param name="Count">All of them: the product of the others.</param>
/// <param name="Sockets">Sockets.</param>
/// <param name="Cores">Cores in each socket.</param>
/// <param name="Threads">Threads in each core.</param>
internal readonly record struct CpuTopology(int Count, int Sockets, int Cores, int Threads);
