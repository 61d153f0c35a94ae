package testudo.core.option;

import static java.lang.constant.ConstantDescs.CD_Boolean;
import static java.lang.constant.ConstantDescs.CD_Integer;
import static java.lang.constant.ConstantDescs.CD_Long;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.INIT_NAME;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;

/// Makes records of one type from boxed values.
///
/// A hidden class beside the record does it. A method handle for the constructor of each record, spread and unboxed, costs about ten generated
/// classes of its own at each start, which no class archive keeps; this costs one.
final class RecordMaker {
    private static final String METHOD = "make";
    private static final MethodTypeDesc DESCRIPTOR = MethodTypeDesc.of(CD_Object, CD_Object.arrayType());
    private static final MethodType TYPE = MethodType.methodType(Object.class, Object[].class);

    private final MethodHandle maker;

    private RecordMaker(MethodHandle maker) {
        this.maker = maker;
    }

    /// Looks at a record.
    /// @param type the record; its components are references, `boolean`, `int` or `long`
    /// @param lookup made in the record's package, with full access to it
    /// @throws IllegalAccessException when the lookup has no access
    static RecordMaker of(Class<?> type, MethodHandles.Lookup lookup) throws IllegalAccessException, NoSuchMethodException {
        ClassDesc owner = ClassDesc.of(lookup.lookupClass().getPackageName(), type.getSimpleName() + "Maker");
        List<ClassDesc> components = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType).map(component -> component.describeConstable().orElseThrow()).toList();
        byte[] bytes = ClassFile.of().build(owner, maker -> maker.withMethodBody(
                METHOD, DESCRIPTOR, ClassFile.ACC_STATIC, code -> make(code, type.describeConstable().orElseThrow(), components)));
        MethodHandles.Lookup hidden = lookup.defineHiddenClass(bytes, true, MethodHandles.Lookup.ClassOption.NESTMATE);
        return new RecordMaker(hidden.findStatic(hidden.lookupClass(), METHOD, TYPE));
    }

    private static void make(CodeBuilder code, ClassDesc type, List<ClassDesc> components) {
        code.new_(type).dup();
        for (int i = 0; i < components.size(); i++) {
            code.aload(0).loadConstant(i).aaload();
            unbox(code, components.get(i));
        }
        code.invokespecial(type, INIT_NAME, MethodTypeDesc.of(CD_void, components)).areturn();
    }

    private static void unbox(CodeBuilder code, ClassDesc type) {
        if (type.equals(CD_boolean)) {
            code.checkcast(CD_Boolean).invokevirtual(CD_Boolean, "booleanValue", MethodTypeDesc.of(CD_boolean));
        } else if (type.equals(CD_int)) {
            code.checkcast(CD_Integer).invokevirtual(CD_Integer, "intValue", MethodTypeDesc.of(CD_int));
        } else if (type.equals(CD_long)) {
            code.checkcast(CD_Long).invokevirtual(CD_Long, "longValue", MethodTypeDesc.of(CD_long));
        } else {
            code.checkcast(type);
        }
    }

    /// Makes one.
    /// @param components its components, in order
    /// @throws Throwable what the constructor throws
    Object make(List<Object> components) throws Throwable {
        return (Object) maker.invokeExact(components.toArray());
    }
}
