package testudo.testing.architecture;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.StringEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.LineNumber;
import java.lang.module.ModuleDescriptor;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import testudo.testing.architecture.Reactor.Module;

/// What classes may use, and how they are named and cut.
class ClassRulesTest {
    private static final int MAX_FILE_LINES = 600;
    private static final int MAX_METHOD_LINES = 60;
    private static final int MAX_PARAMETERS = 6;
    /// A system call has a number and six arguments; that is the kernel's interface, not a choice of ours.
    private static final String SYSTEM_CALL = "testudo.platform.linux.call.Syscall";
    /// The one switch over all instructions: the JVM keeps the state of the loop in registers only when it is one method.
    private static final String INSTRUCTION_SWITCH = "testudo.hypervisor.soft.cpu.Interpreter.run";

    /// References back, against the order of the packages of the contracts: they read as chapters of one text. Each is tested to be there still.
    private static final Set<String> BACK = Set.of(
            // A device's context names the contracts that open its disks and ports and place it, and they name its event loop.
            "testudo.spi.disk -> testudo.spi.device",
            "testudo.spi.serial -> testudo.spi.device",
            "testudo.spi.platform -> testudo.spi.device",
            // A device that is placed has interrupts, and interrupt controllers are placed like devices.
            "testudo.spi.platform -> testudo.spi.irq",
            // A sealed root names its cases.
            "testudo.spi.x86 -> testudo.spi.hypervisor",
            "testudo.spi.riscv -> testudo.spi.hypervisor");
    private static final Pattern EMPTY_NAME = Pattern.compile(".*(Util|Utils|Helper|Manager|Impl)$");
    private static final Pattern TYPE_IN_DESCRIPTOR = Pattern.compile("L(testudo/[\\w/$]+);");

    @Test
    void packagesAreNamedAsTheirModule() {
        List<String> problems = new ArrayList<>();
        for (Module module : Reactor.modules()) {
            for (String name : module.descriptor().packages()) {
                if (!name.equals(module.name()) && !name.startsWith(module.name() + ".")) {
                    problems.add(name + " is in module " + module.name());
                }
            }
        }
        Reactor.expectNone(problems, "start the package with the module's name, or move it to the module it is named after");
    }

    @Test
    void packagesFormNoCycle() {
        List<String> problems = new ArrayList<>();
        Set<String> unused = new TreeSet<>(BACK);
        for (Module module : Reactor.modules()) {
            Map<String, Map<String, String>> uses = new TreeMap<>();
            for (ClassModel type : module.classes()) {
                String from = packageOf(type.thisClass().asInternalName());
                for (String used : typesUsedBy(type)) {
                    String to = packageOf(used);
                    if (BACK.contains(from + " -> " + to)) {
                        unused.remove(from + " -> " + to);
                    } else if (!to.equals(from) && module.descriptor().packages().contains(to)) {
                        uses.computeIfAbsent(from, key -> new TreeMap<>()).putIfAbsent(to,
                                simpleName(type.thisClass().asInternalName()) + " uses " + simpleName(used));
                    }
                }
            }
            problems.addAll(cycles(uses));
        }
        unused.forEach(back -> problems.add(back + " is excused, but not there any more"));
        Reactor.expectNone(problems, "move the shared type to the lower package, or a package of its own");
    }

    @Test
    void onlyGrantedModulesReachNativeCode() {
        List<String> problems = new ArrayList<>();
        for (Module module : Reactor.modules()) {
            boolean mayAsk = module.isPlugin() || module.name().startsWith("testudo.platform.") || module.name().startsWith(
                    "testudo.hypervisor.");
            if (mayAsk && module.natives().contains(module.name())) {
                continue;
            }
            for (ClassModel type : module.classes()) {
                for (PoolEntry entry : type.constantPool()) {
                    if (reachesNativeCode(entry)) {
                        problems.add(type.thisClass().asInternalName().replace('/', '.') + " uses " + describe(entry));
                    }
                }
            }
        }
        Reactor.expectNone(problems,
                "call the host through testudo.spi's HostPlatform; a platform, hypervisor or host backend module states"
                        + " <testudo.native> with its own name in its pom.xml");
    }

    @Test
    void coreArchitecturesAndCommandLineNameNoDevice() {
        Map<String, String> ids = new TreeMap<>();
        for (Module module : Reactor.modules()) {
            for (ModuleDescriptor.Provides provided : module.descriptor().provides()) {
                if (module.isPlugin() && provided.service().endsWith("DeviceProvider")) {
                    provided.providers().forEach(provider -> idOf(module, provider).forEach(id -> ids.put(id, module.name())));
                }
            }
        }
        List<String> problems = new ArrayList<>();
        for (Module module : Reactor.modules()) {
            if (!module.name().equals("testudo.core") && !module.name().equals("testudo.cli") && !module.name().startsWith(
                    "testudo.arch.")) {
                continue;
            }
            for (ClassModel type : module.classes()) {
                for (PoolEntry entry : type.constantPool()) {
                    if (entry instanceof StringEntry text && ids.containsKey(text.stringValue())) {
                        problems.add(type.thisClass().asInternalName().replace('/', '.') + " names " + text.stringValue() + " of "
                                + ids.get(text.stringValue()));
                    }
                }
            }
        }
        Reactor.expectNone(problems, "let the provider declare what the core needs to know about its device");
    }

    @Test
    void namesSayWhatATypeProvides() {
        List<String> problems = new ArrayList<>();
        for (Module module : Reactor.modules()) {
            for (ClassModel type : module.classes()) {
                if (EMPTY_NAME.matcher(type.thisClass().asInternalName()).matches()) {
                    problems.add(type.thisClass().asInternalName().replace('/', '.'));
                }
            }
        }
        Reactor.expectNone(problems, "name the type after what it provides, in the words of the specification");
    }

    @Test
    void sourcesFitIntoOneHead() {
        List<String> problems = new ArrayList<>();
        for (Module module : Reactor.modules()) {
            module.sources().forEach(file -> {
                long lines = Reactor.read(file).lines().count();
                if (lines > MAX_FILE_LINES) {
                    problems.add(Reactor.ROOT.relativize(file) + " has " + lines + " lines, more than " + MAX_FILE_LINES);
                }
            });
        }
        Reactor.expectNone(problems, "split the type by what it is responsible for");
    }

    @Test
    void methodsFitOnOneScreen() {
        List<String> problems = new ArrayList<>();
        for (Module module : Reactor.modules()) {
            for (ClassModel type : module.classes()) {
                for (MethodModel method : type.methods()) {
                    String name = type.thisClass().asInternalName().replace('/', '.') + "." + method.methodName().stringValue();
                    if (lines(method) > MAX_METHOD_LINES && !name.equals(INSTRUCTION_SWITCH)) {
                        problems.add(name + " has about " + lines(method) + " lines, more than " + MAX_METHOD_LINES);
                    }
                    int parameters = parameters(method);
                    if (parameters > MAX_PARAMETERS && !isMadeByCompiler(method) && !isRecord(type) && !name.startsWith(SYSTEM_CALL)) {
                        problems.add(name + " has " + parameters + " parameters, more than " + MAX_PARAMETERS);
                    }
                }
            }
        }
        Reactor.expectNone(problems, "give the steps names and methods of their own; put parameters that belong together into a record");
    }

    private static boolean reachesNativeCode(PoolEntry entry) {
        return switch (entry) {
            case ClassEntry type -> type.asInternalName().equals("java/lang/foreign/Linker")
                    || type.asInternalName().equals("java/lang/foreign/SymbolLookup");
            case MemberRefEntry member -> member.owner().asInternalName().equals("java/lang/foreign/MemorySegment")
                    && member.name().equalsString("reinterpret");
            default -> false;
        };
    }

    private static String describe(PoolEntry entry) {
        return entry instanceof ClassEntry type ? type.asInternalName().replace('/', '.') : "MemorySegment.reinterpret";
    }

    private static Set<String> typesUsedBy(ClassModel type) {
        Set<String> names = new TreeSet<>();
        for (PoolEntry entry : type.constantPool()) {
            if (entry instanceof ClassEntry used) {
                names.add(used.asInternalName());
            } else if (entry instanceof Utf8Entry text && text.stringValue().contains("Ltestudo/")) {
                Matcher matcher = TYPE_IN_DESCRIPTOR.matcher(text.stringValue());
                while (matcher.find()) {
                    names.add(matcher.group(1));
                }
            }
        }
        return names;
    }

    /// One line for each use that lies on a cycle.
    /// @param uses from package, to package, an example
    private static List<String> cycles(Map<String, Map<String, String>> uses) {
        List<String> found = new ArrayList<>();
        uses.forEach((from, targets) -> targets.forEach((to, example) -> {
            if (reaches(uses, to, from)) {
                found.add(from + " -> " + to + " is part of a cycle: " + example);
            }
        }));
        return found;
    }

    private static boolean reaches(Map<String, Map<String, String>> uses, String from, String to) {
        Set<String> seen = new TreeSet<>();
        List<String> open = new ArrayList<>(List.of(from));
        while (!open.isEmpty()) {
            String next = open.removeLast();
            if (next.equals(to)) {
                return true;
            }
            if (seen.add(next)) {
                open.addAll(uses.getOrDefault(next, Map.of()).keySet());
            }
        }
        return false;
    }

    private static String simpleName(String internalName) {
        return internalName.substring(internalName.lastIndexOf('/') + 1);
    }

    private static List<String> idOf(Module module, String provider) {
        return module.classes().stream().filter(type -> type.thisClass().asInternalName().replace('/', '.').equals(provider))
                .flatMap(type -> type.methods().stream()).filter(method -> method.methodName().equalsString("id"))
                .flatMap(method -> method.code().stream()).flatMap(code -> code.elementStream())
                .filter(ConstantInstruction.class::isInstance).map(element -> ((ConstantInstruction) element).constantValue())
                .filter(String.class::isInstance).map(String.class::cast).toList();
    }

    private static int lines(MethodModel method) {
        String name = method.methodName().stringValue();
        if (isMadeByCompiler(method) || name.startsWith("<")) {
            return 0;
        }
        IntSummaryStatistics lines = method.code().map(CodeAttribute.class::cast).stream().flatMap(code -> code.elementStream())
                .filter(LineNumber.class::isInstance).mapToInt(element -> ((LineNumber) element).line()).summaryStatistics();
        return lines.getCount() == 0 ? 0 : lines.getMax() - lines.getMin() + 1;
    }

    /// How many parameters the source gives the method; an enum's constructor has two more in the class file.
    private static int parameters(MethodModel method) {
        return method.findAttribute(Attributes.methodParameters()).map(attribute -> (int) attribute.parameters().stream()
                .filter(parameter -> !parameter.has(AccessFlag.SYNTHETIC) && !parameter.has(AccessFlag.MANDATED)).count()).orElse(0);
    }

    private static boolean isMadeByCompiler(MethodModel method) {
        return method.flags().has(AccessFlag.SYNTHETIC) || method.flags().has(AccessFlag.BRIDGE);
    }

    private static boolean isRecord(ClassModel type) {
        return type.superclass().map(parent -> parent.asInternalName().equals("java/lang/Record")).orElse(false);
    }

    private static String packageOf(String internalName) {
        int end = internalName.lastIndexOf('/');
        return end < 0 ? "" : internalName.substring(0, end).replace('/', '.');
    }
}
